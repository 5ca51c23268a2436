#include "core/deadline.hpp"
#include "io/files.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

#include <array>
#include <thread>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

using namespace exai;

namespace {

Deadline soon() {
  return Deadline::after(Millis{10'000});
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat facts {};
  REQUIRE(lstat(path.c_str(), &facts) == 0);
  return facts.st_mode;
}

std::string content(const std::filesystem::path& path) {
  return io::read_file(path).value_or("(unreadable)");
}

}  // namespace

TEST_CASE("a plain file is replaced as a whole and keeps its mode", "[io][output]") {
  const tests::Scratch scratch;
  CHECK(io::write_output(scratch / "new/sub.json", "one", soon()));
  CHECK(content(scratch / "new/sub.json") == "one");
  CHECK((mode_of(scratch / "new/sub.json") & 0777U) == 0644);
  const auto kept = scratch.write("kept.json", "old and longer");
  REQUIRE(chmod(kept.c_str(), 0600) == 0);
  const int before = open(kept.c_str(), O_RDONLY);
  CHECK(io::write_output(kept, "two", soon()));
  CHECK(content(kept) == "two");
  CHECK((mode_of(kept) & 0777U) == 0600);
  std::array<char, 32> old{};
  CHECK(read(before, old.data(), old.size()) == 14);  // whoever reads the old one reads it to its end
  close(before);
}

TEST_CASE("a link stays a link, its target is replaced or made", "[io][output]") {
  const tests::Scratch scratch;
  const auto target = scratch.write("folder/target.json", "old");
  std::filesystem::create_symlink("folder/target.json", scratch / "link");
  std::filesystem::create_symlink("link", scratch / "second");
  CHECK(io::write_output(scratch / "second", "new", soon()));
  CHECK(content(target) == "new");
  CHECK(S_ISLNK(mode_of(scratch / "link")));
  CHECK(S_ISLNK(mode_of(scratch / "second")));
  std::filesystem::create_symlink("folder/fresh.json", scratch / "dangling");
  CHECK(io::write_output(scratch / "dangling", "made", soon()));
  CHECK(content(scratch / "folder/fresh.json") == "made");
  CHECK(S_ISLNK(mode_of(scratch / "dangling")));
  std::filesystem::create_symlink("loop", scratch / "loop");
  CHECK_FALSE(io::write_output(scratch / "loop", "x", soon()));
}

TEST_CASE("pipes and devices are written to and stay what they are", "[io][output]") {
  const tests::Scratch scratch;
  const auto pipe = scratch / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const std::string large(300'000, 'x');  // more than a pipe holds
  std::string got;
  {
    const std::jthread reader([&] {
      const int end = open(pipe.c_str(), O_RDONLY);
      std::array<char, 4096> piece{};
      for (ssize_t size = 0; (size = read(end, piece.data(), piece.size())) > 0;)
        got.append(piece.data(), static_cast<std::size_t>(size));
      close(end);
    });
    CHECK(io::write_output(pipe, large, soon()));
  }
  CHECK(got == large);
  CHECK(S_ISFIFO(mode_of(pipe)));
  CHECK(io::write_output("/dev/null", "x", soon()));
  CHECK(S_ISCHR(mode_of("/dev/null")));
  std::filesystem::create_symlink("/dev/null", scratch / "null");
  CHECK(io::write_output(scratch / "null", "x", soon()));
  CHECK(S_ISLNK(mode_of(scratch / "null")));
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK(io::write_output("/dev/fd/" + std::to_string(ends[1]), "by number", soon()));
  std::array<char, 32> piece{};
  CHECK(read(ends[0], piece.data(), piece.size()) == 9);
  close(ends[0]);
  CHECK_FALSE(io::write_output("/proc/self/fd/" + std::to_string(ends[1]), "x", soon()));  // and no SIGPIPE
  close(ends[1]);
}

TEST_CASE("what cannot be written is an error that names it", "[io][output]") {
  const tests::Scratch scratch;
  const auto pipe = scratch / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::filesystem::path& path :
       {std::filesystem::path("/dev/full"), scratch.path(), pipe, std::filesystem::path("/dev/fd/9999"),
        scratch.write("file", "x") / "below"}) {
    INFO(path.string());
    const auto written = io::write_output(path, "x", Deadline::after(Millis{50}));
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == ErrorKind::refused);
    CHECK(written.error().message.find(path.string()) != std::string::npos);
  }
  CHECK(S_ISFIFO(mode_of(pipe)));
}

TEST_CASE("temporary files of killed writers are cleared, nobody else's", "[io][output]") {
  const tests::Scratch scratch;
  const pid_t child = fork();
  if (child == 0) _exit(0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  const std::string dead = std::to_string(child), alive = std::to_string(getpid());
  scratch.write(".a.json.exai-" + dead + "-AbC123", "half");
  const std::vector<std::string> others{".b.json.exai-" + alive + "-AbC123",
                                        "c.json.exai-" + dead + "-AbC123",
                                        ".d.json.exai-" + dead,
                                        ".e.exai-" + dead + "-toolong1",
                                        ".f.exai-x-AbC123",
                                        ".exai-1-AbC123",
                                        ".vimrc"};
  for (const std::string& kept : others) scratch.write(kept, "kept");
  const auto held = scratch.write(".g.json.exai-" + dead + "-AbC123", "another container's");
  const int lock = open(held.c_str(), O_RDONLY);
  REQUIRE(flock(lock, LOCK_EX | LOCK_NB) == 0);
  REQUIRE(io::write_atomic(scratch / "result.json", "{}"));
  CHECK_FALSE(std::filesystem::exists(scratch / (".a.json.exai-" + dead + "-AbC123")));
  const auto count = std::distance(std::filesystem::directory_iterator(scratch.path()),
                                   std::filesystem::directory_iterator());
  CHECK(count == std::ptrdiff_t(others.size()) + 2);  // the held one and the result
  close(lock);
}
