// JUnit XML. No standard says what it is: each tool writes what it likes, so counts and words are taken for
// what they mean in the tools named in the title, and the test cases are what counts.
#include "core/text.hpp"
#include "io/xml.hpp"
#include "suite/results/format.hpp"
#include "suite/results/run_builder.hpp"
#include "suite/results/texts.hpp"

#include <fmt/core.h>

namespace exai::suite {
namespace {

using io::XmlElement;

/// How many tests there are below a suite and how many of them are bad.
struct JunitTally {
  int tests = 0;
  int bad = 0;
};

struct JunitSuite {
  std::string name;
  std::string path;  ///< the names of the suites around and its own, without that of the file
  std::optional<int> tests, failures, errors;  ///< as its head says
  JunitTally own, all;                         ///< without and with the suites in it
};

struct JunitCase {
  TestResult result;
  std::string status, outcome;  ///< attributes of some tools
  bool failure = false, error = false, skipped = false, todo = false;
  int problems = 0, reruns = 0, flakes = 0;
  std::string skip_message, type;
  KeptText text{k_max_test_detail * 2};
  KeptText output{k_max_test_detail * 2};  ///< what it printed
};

bool is_suite(std::string_view name) {
  return name == "testsuite" || name == "testsuites";
}

bool word_in(const std::string& word, std::string_view words) {
  return !word.empty() && fmt::format(" {} ", words).find(fmt::format(" {} ", word)) != std::string::npos;
}

class JunitReader {
 public:
  Result<TestRun> read(std::string_view bytes) {
    io::XmlSink sink;
    sink.begin = [this](const XmlElement& element) { return begin(element); };
    sink.text = [this](std::string_view text) {
      if (into_ != nullptr) into_->add(text);
    };
    sink.end = [this](std::string_view name) { return end(name); };
    if (Result<void> done = io::read_xml(bytes, sink); !done) return fail(std::move(done.error()));
    builder_.set_name(only_suite_);
    builder_.set_duration(time_of_file_ || cases_outside_ ? time_of_file_ : time_of_suites_);
    return builder_.finish();
  }

 private:
  Result<void> begin(const XmlElement& element) {
    ++depth_;
    if (depth_ == 1 && !is_suite(element.name))
      return fail(ErrorKind::invalid,
                  fmt::format("the outermost element is <{}>, not <testsuites> or <testsuite>",
                              printable(element.name.substr(0, 64))),
                  "JUnit XML begins with one of them");
    if (is_suite(element.name) && !case_) return begin_suite(element);
    if (element.name == "testcase") return begin_case(element);
    if (case_ && depth_ == case_depth_ + 1) return begin_in_case(element);
    if (!case_) return begin_in_suite(element);
    return {};
  }

  Result<void> begin_suite(const XmlElement& element) {
    JunitSuite suite;
    suite.name = kept_text(element.attribute("name"), k_max_test_name);
    suite.tests = read_count(element.attribute("tests"));
    suite.failures = read_count(element.attribute("failures"));
    suite.errors = read_count(element.attribute("errors"));
    take_duration(read_seconds(element.attribute("time")));
    if (depth_ == 1) builder_.set_name(suite.name);
    if (depth_ == 2) only_suite_ = ++top_suites_ == 1 ? suite.name : std::string();
    builder_.set_started(read_time(element.attribute("timestamp")));
    if (const auto host = element.attribute("hostname"); host != "tbd") builder_.set_host(host);
    if (!suites_.empty()) {
      const std::string& around = suites_.back().path;
      suite.path = around.empty() ? suite.name : kept_text(around + " / " + suite.name, k_max_test_name);
    }
    suites_.push_back(std::move(suite));
    return {};
  }

  /// The time of the file, otherwise that of its suites together.
  void take_duration(std::optional<Micros> time) {
    if (depth_ == 1) time_of_file_ = time;
    if (depth_ == 2 && time) time_of_suites_ = time_of_suites_.value_or(Micros{0}) + *time;
  }

  Result<void> begin_in_suite(const XmlElement& element) {
    if (element.name == "property")
      builder_.take_property(element.attribute("name"), element.attribute("value"));
    if (element.name != "error" && element.name != "failure") return {};
    ++suites_.back().own.bad;
    return builder_.add_problem(place_of(suites_.back()), "(suite)",
                                std::string(element.attribute("message")));
  }

  Result<void> begin_case(const XmlElement& element) {
    if (case_)
      return fail(ErrorKind::invalid, "a <testcase> inside a <testcase>",
                  "the tool that wrote it is at fault");
    case_.emplace();
    case_depth_ = depth_;
    cases_outside_ = cases_outside_ || depth_ == 2;
    TestResult& result = case_->result;
    result.name = element.attribute("name");
    result.group = group_of(element.attribute("classname"), element.attribute("name"));
    result.duration = read_seconds(element.attribute("time"));
    result.file = element.attribute("file");
    result.line = read_count(element.attribute("line"));
    case_->status = to_lower(element.attribute("status").substr(0, 32));
    case_->outcome = to_lower(element.attribute("result").substr(0, 32));
    return {};
  }

  Result<void> begin_in_case(const XmlElement& element) {
    const std::string_view name = element.name;
    const std::string_view message = element.attribute("message");
    if (name == "skipped" || name == "ignored" || name == "disabled") {
      case_->skipped = true;
      case_->todo = case_->todo || element.attribute("type") == "todo";
      case_->skip_message = message;
      return {};
    }
    const bool flaky = name == "flakyFailure" || name == "flakyError";
    const bool rerun = name == "rerunFailure" || name == "rerunError";
    if (name == "system-out" || name == "system-err") into_ = &case_->output;
    if (name != "failure" && name != "error" && !flaky && !rerun) return {};
    case_->failure = case_->failure || name == "failure";
    case_->error = case_->error || name == "error";
    case_->flakes += flaky ? 1 : 0;
    case_->reruns += rerun ? 1 : 0;
    case_->problems += flaky || rerun ? 0 : 1;
    if (case_->result.message.empty()) case_->result.message = message;
    if (case_->type.empty()) case_->type = element.attribute("type");
    into_ = &case_->text;
    return {};
  }

  Result<void> end(std::string_view name) {
    const int depth = depth_--;
    if (depth == case_depth_ + 1 && into_ != nullptr) {
      into_->add("\n");
      into_ = nullptr;
    }
    if (case_ && depth == case_depth_) return end_case();
    if (!case_ && is_suite(name)) return end_suite();
    return {};
  }

  /// What the elements and the words say together.
  [[nodiscard]] TestStatus status() const {
    constexpr std::string_view k_failed = "fail failed failure", k_broken = "error broken",
                               k_skipped = "notrun skipped disabled ignored suppressed";
    if (case_->todo) return TestStatus::skipped;
    if (case_->error) return TestStatus::error;
    if (case_->failure || (case_->reruns > 0 && case_->flakes == 0)) return TestStatus::failed;
    if (case_->skipped) {
      // CTest writes so what could not be started too.
      const bool wanted = case_->status != "notrun" || case_->skip_message.empty() ||
                          case_->skip_message.starts_with("SKIP_") || case_->skip_message == "Disabled";
      return wanted ? TestStatus::skipped : TestStatus::error;
    }
    if (word_in(case_->status, k_broken) || word_in(case_->outcome, k_broken)) return TestStatus::error;
    if (word_in(case_->status, k_failed) || word_in(case_->outcome, k_failed)) return TestStatus::failed;
    if (word_in(case_->status, k_skipped) || word_in(case_->outcome, k_skipped)) return TestStatus::skipped;
    return TestStatus::passed;
  }

  Result<void> end_case() {
    TestResult& result = case_->result;
    result.status = status();
    result.detail = case_->text.text();
    if (first_line(result.detail).empty() && result.status != TestStatus::passed)
      result.detail = case_->output.text();
    if (case_->skipped && (result.message.empty() || result.status == TestStatus::skipped))
      result.message = case_->skip_message;
    if (result.message.empty() && result.status != TestStatus::passed)
      result.message = first_line(result.detail);
    if (result.message.empty()) result.message = case_->type;
    if (case_->problems > 1) result.message += fmt::format(" (and {} more)", case_->problems - 1);
    if (result.status == TestStatus::passed && case_->flakes > 0)
      result.message = fmt::format("passed after {} failed: {}", case_->flakes, result.message);
    JunitSuite& suite = suites_.back();
    ++suite.own.tests;
    if (result.status == TestStatus::failed || result.status == TestStatus::error) ++suite.own.bad;
    Result<void> added = builder_.add(std::move(result));
    case_.reset();
    return added;
  }

  Result<void> end_suite() {
    JunitSuite suite = std::move(suites_.back());
    suites_.pop_back();
    suite.all.tests += suite.own.tests;
    suite.all.bad += suite.own.bad;
    const std::string what = suite.name.empty() ? std::string("the file") : "suite " + suite.name;
    if (suite.tests && *suite.tests != suite.own.tests && *suite.tests != suite.all.tests)
      builder_.note(
          fmt::format("{} says tests=\"{}\"; its cases are {}", what, *suite.tests, suite.all.tests));
    const int bad = suite.failures.value_or(0) + suite.errors.value_or(0);
    if (suite.failures && bad != suite.own.bad && bad != suite.all.bad) {
      builder_.note(fmt::format("{} says that {} failed; of its cases {} did", what, bad, suite.all.bad));
      // Nobody can tell what failed, but something did.
      if (suite.all.bad == 0) {
        ++suite.all.bad;
        if (Result<void> added = builder_.add_problem(
                place_of(suite), "(counts)",
                fmt::format("{} says that {} failed, but shows no case that did", what, bad));
            !added)
          return added;
      }
    }
    if (!suites_.empty()) {
      suites_.back().all.tests += suite.all.tests;
      suites_.back().all.bad += suite.all.bad;
    }
    return {};
  }

  static std::string place_of(const JunitSuite& suite) {
    return suite.path.empty() ? suite.name : suite.path;
  }

  /// The class, unless it says nothing: Node writes "test" for all there is, CTest and Jest the test's own
  /// name.
  [[nodiscard]] std::string group_of(std::string_view class_name, std::string_view name) const {
    if (!class_name.empty() && class_name != "test" && class_name != name) return std::string(class_name);
    const std::string& path = suites_.size() > 1 ? suites_.back().path : suites_.front().name;
    return path.empty() ? std::string(class_name) : path;
  }

  RunBuilder builder_{"junit"};
  std::string only_suite_;  ///< the name of the suite in the file, if there is one only
  std::optional<Micros> time_of_file_, time_of_suites_;
  std::vector<JunitSuite> suites_;
  std::optional<JunitCase> case_;
  int depth_ = 0, case_depth_ = 0, top_suites_ = 0;
  bool cases_outside_ = false;  ///< of any suite but the outermost
  KeptText* into_ = nullptr;    ///< where text goes
};

const Registered<ResultFormat> k_junit{ResultFormat{
    .id = "junit",
    .title =
        "JUnit XML: Maven, Gradle, pytest, Catch2, GoogleTest, go-junit-report, CTest, Jest, Mocha, Node",
    .looks_like = [](std::string_view bytes) { return is_suite(io::xml_root(bytes).value_or("")); },
    .read = [](std::string_view bytes) { return JunitReader().read(bytes); }}};

}  // namespace
}  // namespace exai::suite
