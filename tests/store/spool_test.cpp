// Runs that wait for a home: what was put there comes out as it was, in order, and damage is seen.
#include "store/spool.hpp"

#include "io/files.hpp"
#include "store/store.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"

#include <algorithm>
#include <fstream>
#include <tuple>

#include <fmt/core.h>

using namespace exai;

namespace {

store::RecordedTests tests_of(const std::string& key) {
  store::RecordedTests tests;
  tests.run.key = key;
  tests.run.at = Wall(Millis(1'700'000'000'123));
  tests.run.name = "name";
  tests.run.format = "junit";
  tests.run.host = "host";
  tests.run.branch = "br\xC3\xA4nch";
  tests.run.commit = "abc";
  tests.run.watcher = "w";
  tests.run.notes = "two\nlines";
  tests.run.duration = 1.5;
  for (int i = 0; i < 4; ++i) {
    store::ResultRecord result;
    result.tool = fmt::format("tool {}", i);
    result.variation = "v";
    result.provider = "glm";
    result.model = "m";
    result.status = static_cast<store::Outcome>(i);
    result.execution = "success";
    result.input = "{}";
    result.output = std::string("NUL \0 in it", 11);
    result.error = i == 1 ? "broken" : "";
    result.file = "a.cpp";
    if (i == 1) {
      result.duration = 0.25;
      result.memory_mb = 1;
      result.cpu_percent = 2;
      result.cost_usd = 3;
      result.tokens = -4;
      result.quality = 5;
      result.line = 6;
    }
    tests.results.push_back(std::move(result));
  }
  return tests;
}

store::RunRecord report_of(const std::string& id) {
  return {.run_id = id,
          .title = "daily",
          .host = "h",
          .version = "1",
          .verdict = "pass",
          .report_json = "{\"a\":1}",
          .started = Wall(Millis(5)),
          .duration = Millis(7),
          .exit_code = 3};
}

bool same(const store::ResultRecord& a, const store::ResultRecord& b) {
  return std::tie(a.tool, a.variation, a.provider, a.model, a.status, a.execution, a.duration, a.memory_mb,
                  a.cpu_percent, a.cost_usd, a.tokens, a.quality, a.input, a.output, a.error, a.file,
                  a.line) == std::tie(b.tool, b.variation, b.provider, b.model, b.status, b.execution,
                                      b.duration, b.memory_mb, b.cpu_percent, b.cost_usd, b.tokens, b.quality,
                                      b.input, b.output, b.error, b.file, b.line);
}

/// Ends with an error of that kind when it is asked the n-th time.
class FailingRuns final : public store::TestRuns {
 public:
  FailingRuns(store::TestRuns& real, int at, ErrorKind kind) : real_(real), at_(at), kind_(kind) {}
  Result<Saved> save(const store::TestRunRecord& run,
                     const std::vector<store::ResultRecord>& results) override {
    if (++asked_ == at_) return fail(kind_, "not now");
    return real_.save(run, results);
  }
  Result<std::vector<store::TestRunRecord>> list(const store::RunFilter& filter) override {
    return real_.list(filter);
  }
  Result<store::TestRunRecord> find(std::int64_t id) override { return real_.find(id); }
  Result<std::vector<store::ResultRecord>> results(std::int64_t run) override { return real_.results(run); }
  Result<std::vector<store::FailingTool>> failing(Wall since, std::size_t max) override {
    return real_.failing(since, max);
  }

 private:
  store::TestRuns& real_;
  int at_, asked_ = 0;
  ErrorKind kind_;
};

std::vector<std::string> keys_in(store::Store& home) {
  std::vector<std::string> keys;
  const auto runs = home.test_runs().list({.max = 100});
  REQUIRE(runs);
  for (const auto& run : *runs) keys.push_back(run.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

TEST_CASE("what waits comes out as it was put there", "[store][spool]") {
  const test::TempFolder folder;
  const store::Spool spool(folder.path() / "spool");
  CHECK(spool.waiting()->empty());
  const store::RecordedTests tests = tests_of("one");
  REQUIRE(spool.add(tests));
  REQUIRE(spool.add(report_of("r")));
  const auto waiting = spool.waiting();
  REQUIRE(waiting);
  REQUIRE(waiting->size() == 2);
  CHECK(io::file_facts(waiting->front().file)->mode == 0600);
  const auto first = store::Spool::read(waiting->at(0).file);
  REQUIRE(first);
  const auto& back = std::get<store::RecordedTests>(*first);
  CHECK(back.run.key == "one");
  CHECK(back.run.at == tests.run.at);
  CHECK(back.run.branch == tests.run.branch);
  CHECK(back.run.notes == tests.run.notes);
  CHECK(back.run.duration == tests.run.duration);
  CHECK_FALSE(back.run.cost_usd.has_value());
  REQUIRE(back.results.size() == tests.results.size());
  for (std::size_t i = 0; i < back.results.size(); ++i) CHECK(same(back.results[i], tests.results[i]));
  const auto second = store::Spool::read(waiting->at(1).file);
  REQUIRE(second);
  const auto& report = std::get<store::RunRecord>(*second);
  CHECK(report.run_id == "r");
  CHECK(report.report_json == "{\"a\":1}");
  CHECK(report.started == Wall(Millis(5)));
  CHECK(report.duration == Millis(7));
  CHECK(report.exit_code == 3);

  const auto home = store::open_sqlite(":memory:");
  REQUIRE(home);
  const auto replayed = spool.replay((*home)->test_runs(), (*home)->runs());
  REQUIRE(replayed);
  CHECK(replayed->saved == 2);
  CHECK(replayed->rejected.empty());
  CHECK(keys_in(**home) == std::vector<std::string>{"one"});
  CHECK((*home)->runs().load(5)->size() == 1);
  CHECK(spool.waiting()->empty());
}

TEST_CASE("a home that goes away in the middle keeps the order, and nothing comes twice", "[store][spool]") {
  const test::TempFolder folder;
  const store::Spool spool(folder.path() / "spool");
  for (int i = 1; i <= 12; ++i) REQUIRE(spool.add(tests_of(fmt::format("{:02}", i))));
  const auto home = store::open_sqlite(":memory:");
  REQUIRE(home);
  FailingRuns away((*home)->test_runs(), 5, ErrorKind::unreachable);
  const auto broken = spool.replay(away, (*home)->runs());
  REQUIRE_FALSE(broken);
  CHECK(broken.error().kind == ErrorKind::unreachable);
  CHECK(keys_in(**home) == std::vector<std::string>{"01", "02", "03", "04"});
  CHECK(spool.waiting()->size() == 8);
  // Another run comes behind those that wait; and one of them is in the home already, as after a kill.
  REQUIRE(spool.add(tests_of("13")));
  REQUIRE((*home)->test_runs().save(tests_of("07").run, {}));
  FailingRuns picky((*home)->test_runs(), 2, ErrorKind::invalid);  // refuses what is in the second
  const auto rest = spool.replay(picky, (*home)->runs());
  REQUIRE(rest);
  CHECK(rest->saved == 8);
  CHECK(rest->rejected == std::vector<std::string>{"not now"});
  CHECK(keys_in(**home).size() == 12);
  CHECK(io::list_files(folder.path() / "spool" / "rejected")->size() == 1);
  CHECK(spool.waiting()->empty());
}

TEST_CASE("a record that is damaged anywhere is seen", "[store][spool]") {
  const test::TempFolder folder;
  const store::Spool spool(folder.path() / "spool");
  REQUIRE(spool.add(tests_of("one")));
  const std::filesystem::path file = spool.waiting()->front().file;
  const std::string whole = *io::read_file(file);
  const auto put = [&](const std::string& text) { std::ofstream(file, std::ios::binary) << text; };
  constexpr std::size_t k_head = 100;  // title and checksum: every byte
  for (std::size_t at = 0; at < whole.size(); at += at < k_head ? 1 : 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    put(damaged);
    CAPTURE(at);
    CHECK_FALSE(store::Spool::read(file));
    put(whole.substr(0, at));
    CHECK_FALSE(store::Spool::read(file));
  }
  REQUIRE(io::write_atomic(file, whole));
  CHECK(store::Spool::read(file));
  // Other files of the folder are nobody's runs.
  REQUIRE(io::write_atomic(folder.path() / "spool" / "notes.txt", "x"));
  REQUIRE(io::write_atomic(folder.path() / "spool" / "x.run", "x"));
  CHECK(spool.waiting()->size() == 1);
}

TEST_CASE("a file that must be new never replaces another", "[io][files]") {
  const test::TempFolder folder;
  const auto path = folder.path() / "deep" / "one";
  CHECK(io::write_new(path, "first", 0600).value());
  CHECK_FALSE(io::write_new(path, "second").value());
  CHECK(*io::read_file(path) == "first");
  CHECK(io::file_facts(path)->mode == 0600);
  CHECK(io::list_files(path.parent_path())->size() == 1);
  CHECK_FALSE(io::write_new(folder.path(), "a folder is there").value());
}
