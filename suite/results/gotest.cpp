// The events of `go test -json`, with or without what the compiler said in between.
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/results/format.hpp"
#include "suite/results/json_text.hpp"
#include "suite/results/run_builder.hpp"
#include "suite/results/texts.hpp"

#include <map>

#include <fmt/core.h>

namespace exai::suite {
namespace {

struct GoTest {
  bool begun = false;
  KeptText output{k_max_test_detail};
};

struct GoPackage {
  std::map<std::string, GoTest, std::less<>> open;  ///< tests without a result
  KeptText output{k_max_test_detail};
  bool bad = false;    ///< one of its tests failed
  bool ended = false;  ///< it passed, failed or was skipped as a whole
};

/// What a test printed, without the lines that Go puts around it.
std::string own_output(const std::string& output) {
  std::string out;
  LineReader lines(output);
  while (const auto line = lines.next()) {
    const std::string_view words = trim(*line);
    if (words.starts_with("=== ") || words.starts_with("--- ")) continue;
    out.append(*line).append("\n");
  }
  return out;
}

/// "    calc_test.go:5: 2*2 = 5"
void read_go_place(std::string_view message, TestResult& result) {
  const std::size_t end = message.find(".go:");
  if (end == std::string_view::npos || message.substr(0, end).find(' ') != std::string_view::npos) return;
  result.file = message.substr(0, end + 3);
  const std::string_view rest = message.substr(end + 4);
  result.line = read_count(rest.substr(0, rest.find(':')));
}

class GoReader {
 public:
  Result<TestRun> read(std::string_view bytes) {
    JsonLines lines;
    lines.object = [this](const Json& event, int line) { return take(event, line); };
    lines.other = [this](std::string_view text, int line) { return take_other(text, line); };
    Result<void> done = each_json_line(bytes, lines);
    if (done) done = finish();
    if (!done) return fail(std::move(done.error()));
    return builder_.finish();
  }

 private:
  Result<void> take(const Json& event, int line) {
    const std::string action = text_of(event, "Action"), test = text_of(event, "Test");
    std::string name = text_of(event, "Package");
    if (action.empty())
      return fail(ErrorKind::invalid, fmt::format("line {}: an event without \"Action\"", line),
                  "hand in what go test -json prints, and nothing else");
    builder_.set_started(read_time(text_of(event, "Time")));
    if (action == "build-output" || action == "build-fail") return {};  // its package fails too
    if (name.empty()) name = text_of(event, "ImportPath");
    if (packages_.size() == k_max_test_results)
      return fail(ErrorKind::invalid,
                  fmt::format("line {}: more than {} packages", line, k_max_test_results));
    GoPackage& package = packages_[name.substr(0, k_max_test_name)];
    if (action == "output" || action == "run") return take_open(package, test, event, line);
    return test.empty() ? end_package(name, package, action)
                        : end_test(name, package, test, action, number_of(event, "Elapsed"));
  }

  Result<void> take_open(GoPackage& package, const std::string& test, const Json& event, int line) {
    const std::string output = text_of(event, "Output");
    if (test.empty()) {
      package.output.add(output);
      return {};
    }
    const auto [at, fresh] = package.open.try_emplace(test.substr(0, k_max_test_name));
    at->second.begun = at->second.begun || output.empty();
    at->second.output.add(output);
    package.ended = false;
    open_ += fresh ? 1 : 0;
    if (open_ <= k_max_open) return {};
    return fail(ErrorKind::invalid, fmt::format("line {}: more than {} tests run at once", line, k_max_open),
                "hand in the output of each package by itself");
  }

  static std::optional<TestStatus> ended_as(std::string_view action) {
    if (action == "pass" || action == "bench") return TestStatus::passed;
    if (action == "fail") return TestStatus::failed;
    if (action == "skip") return TestStatus::skipped;
    return std::nullopt;
  }

  Result<void> end_test(const std::string& group, GoPackage& package, const std::string& name,
                        std::string_view action, std::optional<double> seconds) {
    const auto status = ended_as(action);
    if (!status) return {};
    TestResult result;
    result.group = group;
    result.name = name;
    result.status = *status;
    if (seconds) result.duration = micros_of_seconds(*seconds);
    const auto open = package.open.find(name.substr(0, k_max_test_name));
    if (open != package.open.end()) {
      if (*status != TestStatus::passed) {
        result.detail = own_output(open->second.output.text());
        result.message = first_line(result.detail);
        read_go_place(result.message, result);
      }
      package.open.erase(open);
      --open_;
    }
    package.bad = package.bad || *status == TestStatus::failed;
    return builder_.add(std::move(result));
  }

  Result<void> end_package(const std::string& name, GoPackage& package, std::string_view action) {
    const auto status = ended_as(action);
    if (!status) return {};
    package.ended = true;
    const bool bad = std::exchange(package.bad, false);
    const std::string printed = own_output(package.output.text());
    package.output.clear();
    const Result<bool> broke = add_open(name, package);
    if (!broke) return fail(broke.error());
    if (*status != TestStatus::failed || bad || *broke) return {};
    return builder_.add_problem(name, "(package)", std::string(first_line(printed)));
  }

  /// Tests that began and have no result; whether there are any.
  Result<bool> add_open(const std::string& name, GoPackage& package) {
    bool any = false;
    for (const auto& [test, state] : package.open) {
      if (!state.begun) continue;  // it printed only: an example of old versions
      TestResult result;
      result.group = name;
      result.name = test;
      result.message = "it began and did not end";
      result.detail = own_output(state.output.text());
      any = true;
      if (Result<void> added = builder_.add(std::move(result)); !added) return fail(std::move(added.error()));
    }
    open_ -= package.open.size();
    package.open.clear();
    return any;
  }

  /// Go prints what the compiler says between the events. A line that was cut is no event either.
  Result<void> take_other(std::string_view text, int line) {
    if (text.starts_with("FAIL\t") || text.starts_with("FAIL "))
      return builder_.add_problem(trim(text.substr(5, text.find(' ', 5) - 5)), "(package)",
                                  std::string(trim(text.substr(5))));
    if (text.starts_with('{'))
      return builder_.add_problem("", "(end of the run)", fmt::format("line {} is cut", line));
    if (others_++ == 0) builder_.note(fmt::format("line {} is no event: {}", line, text.substr(0, 200)));
    return {};
  }

  Result<void> finish() {
    for (auto& [name, package] : packages_) {
      if (package.ended) continue;
      if (const Result<bool> broke = add_open(name, package); !broke) return fail(broke.error());
      if (Result<void> added = builder_.add_problem(
              name, "(package)", "the package has no result: it did not end, or the output was cut");
          !added)
        return added;
    }
    return {};
  }

  static constexpr std::size_t k_max_open = 20'000;

  RunBuilder builder_{"gotest"};
  std::map<std::string, GoPackage, std::less<>> packages_;
  std::size_t open_ = 0, others_ = 0;
};

const Registered<ResultFormat> k_gotest{ResultFormat{
    .id = "gotest",
    .title = "go test -json",
    .looks_like = [](std::string_view bytes) { return has_members(first_members(bytes), {"Action"}); },
    .read = [](std::string_view bytes) { return GoReader().read(bytes); }}};

}  // namespace
}  // namespace exai::suite
