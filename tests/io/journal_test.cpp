#include "io/journal.hpp"

#include "tests/catch.hpp"
#include "tests/scratch.hpp"

#include <csignal>

#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

using namespace exai;
using exai::tests::Scratch;

namespace {

/// The files as a process leaves them that is killed now.
void copy_files(const Scratch& from, const Scratch& to) {
  for (const auto& entry : std::filesystem::directory_iterator(from.path()))
    std::filesystem::copy_file(entry.path(), to / entry.path().filename().string());
}

/// Appends, and takes away what a kill would leave.
void write_and_die(const Scratch& left, const std::vector<std::string>& records) {
  const Scratch scratch;
  auto journal = io::Journal::open(scratch.path(), "j");
  REQUIRE(journal);
  for (const std::string& record : records) REQUIRE((*journal)->append(record));
  copy_files(scratch, left);
}

std::vector<std::string> recovered(const Scratch& scratch) {
  std::vector<std::string> all;
  const auto found =
      io::recover_journals(scratch.path(), [&](const std::vector<std::string>& records) -> Result<void> {
        all.insert(all.end(), records.begin(), records.end());
        return {};
      });
  REQUIRE(found);
  CHECK(*found == all.size());
  return all;
}

}  // namespace

TEST_CASE("records of a killed process come back whole, in their order, and once", "[io][journal]") {
  const Scratch scratch;
  const std::vector<std::string> records{"one", "", std::string(100'000, 'x'), std::string("\0\n\xff", 3),
                                         "last"};
  write_and_die(scratch, records);
  CHECK(recovered(scratch) == records);
  CHECK(recovered(scratch).empty());
}

TEST_CASE("a tail torn at any byte loses the torn record and no other", "[io][journal]") {
  const Scratch scratch;
  const std::vector<std::string> records{"first", "second", "third"};
  write_and_die(scratch, records);
  const std::string whole = [&] {
    std::ifstream stream(scratch / "j.journal.a", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }();
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    const Scratch other;
    other.write("j.journal.a", whole.substr(0, cut));
    const std::vector<std::string> found = recovered(other);
    REQUIRE(found.size() <= records.size());
    CHECK(std::equal(found.begin(), found.end(), records.begin()));
    const std::size_t complete = cut < 29             ? 0
                                 : cut < 59           ? 1
                                 : cut < whole.size() ? 2
                                                      : 3;  // 24 bytes of head each
    CHECK(found.size() == complete);
  }
}

TEST_CASE("a byte changed anywhere is never taken for a record", "[io][journal]") {
  const Scratch scratch;
  const std::vector<std::string> records{"first record", "second record"};
  write_and_die(scratch, records);
  std::ifstream stream(scratch / "j.journal.a", std::ios::binary);
  const std::string whole(std::istreambuf_iterator<char>(stream), {});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ 0x41);
    const Scratch other;
    other.write("j.journal.a", bent);
    for (const std::string& record : recovered(other))
      CHECK(std::find(records.begin(), records.end(), record) != records.end());
  }
}

TEST_CASE("a journal of a running process is left alone", "[io][journal]") {
  const Scratch scratch;
  auto mine = io::Journal::open(scratch.path(), "mine");
  REQUIRE(mine);
  REQUIRE((*mine)->append("mine"));
  CHECK(recovered(scratch).empty());
  CHECK(io::any_journal(scratch.path()));
  CHECK_FALSE(io::Journal::open(scratch.path(), "mine"));
}

TEST_CASE("records that the receiver refuses stay for the next one", "[io][journal]") {
  const Scratch scratch;
  write_and_die(scratch, {"one"});
  const auto refused =
      io::recover_journals(scratch.path(), [](const std::vector<std::string>&) -> Result<void> {
        return fail(ErrorKind::unreachable, "the store is away");
      });
  CHECK_FALSE(refused);
  CHECK(recovered(scratch) == std::vector<std::string>{"one"});
}

TEST_CASE("a journal stays as small as what waits, and its order holds over many turns", "[io][journal]") {
  const Scratch scratch;
  const std::string large(1 << 20, 'x');
  {
    auto journal = io::Journal::open(scratch.path(), "j");
    REQUIRE(journal);
    for (int i = 0; i < 60; ++i) {
      const auto number = (*journal)->append(std::to_string(i) + large);
      REQUIRE(number);
      (*journal)->release(*number - 1);  // one always waits
    }
    std::uintmax_t bytes = 0;
    for (const char* const name : {"j.journal.a", "j.journal.b"})
      bytes += std::filesystem::file_size(scratch / name);
    CHECK(bytes < 12U << 20U);
  }
  // The last was not released, so the files stayed; what was released may come again, in order.
  const std::vector<std::string> found = recovered(scratch);
  REQUIRE_FALSE(found.empty());
  CHECK(found.back() == "59" + large);
  for (std::size_t i = 1; i < found.size(); ++i) CHECK(std::stoi(found[i]) == std::stoi(found[i - 1]) + 1);
}

TEST_CASE("a full disk is reported, and what fits later is kept", "[io][journal]") {
  const Scratch scratch, left;
  auto journal = io::Journal::open(scratch.path(), "j");
  REQUIRE(journal);
  REQUIRE((*journal)->append("before"));
  {
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit narrow{200, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &narrow);
    const auto refused = (*journal)->append(std::string(10'000, 'x'));
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::unreachable);
  }
  REQUIRE((*journal)->append("after"));
  CHECK((*journal)->sync(2));
  copy_files(scratch, left);
  CHECK(recovered(left) == std::vector<std::string>{"before", "after"});
}
