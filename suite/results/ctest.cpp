// CTest: Testing/*/Test.xml, which it writes for dashboards, and what it prints.
#include "io/xml.hpp"
#include "suite/results/ctest_output.hpp"
#include "suite/results/format.hpp"
#include "suite/results/run_builder.hpp"
#include "suite/results/texts.hpp"

#include <map>

#include <fmt/core.h>

namespace exai::suite {
namespace {

using io::XmlElement;

struct CtestTest {
  std::string status, name, full_name, reason, exit_code, completion, seconds, output;
};

TestStatus ctest_status(const CtestTest& test) {
  if (test.status == "passed") return TestStatus::passed;
  if (test.status == "failed") return TestStatus::failed;
  const bool wanted = test.completion.starts_with("SKIP_") || test.completion == "Disabled";
  return wanted ? TestStatus::skipped : TestStatus::error;
}

class CtestXmlReader {
 public:
  Result<TestRun> read(std::string_view bytes) {
    io::XmlSink sink;
    sink.begin = [this](const XmlElement& element) { return begin(element); };
    sink.text = [this](std::string_view text) { text_.add(text); };
    sink.end = [this](std::string_view name) { return end(name); };
    if (Result<void> done = io::read_xml(bytes, sink); !done) return fail(std::move(done.error()));
    if (!testing_)
      return fail(ErrorKind::invalid, "there is no <Testing> in <Site>",
                  "hand in Testing/*/Test.xml: the other files of a dashboard have no results");
    if (Result<void> done = add_missing(); !done) return fail(std::move(done.error()));
    return builder_.finish();
  }

 private:
  Result<void> begin(const XmlElement& element) {
    ++depth_;
    text_.clear();
    if (depth_ == 1) {
      if (element.name != "Site")
        return fail(ErrorKind::invalid, "the outermost element is not <Site>", "hand in Testing/*/Test.xml");
      builder_.set_name(element.attribute("BuildName"));
      builder_.set_host(element.attribute("Name"));
      builder_.set_host(element.attribute("Hostname"));
    } else if (element.name == "Testing") {
      testing_ = true;
    } else if (element.name == "TestList") {
      in_list_ = true;
    } else if (element.name == "Test" && !in_list_) {
      test_.emplace();
      test_->status = element.attribute("Status");
    } else if (element.name == "NamedMeasurement") {
      measured_ = element.attribute("name");
    } else if (element.name == "Value" && element.attribute("encoding") == "base64") {
      packed_ = true;
    }
    return {};
  }

  Result<void> end(std::string_view name) {
    --depth_;
    const std::string_view value = text_.text();
    if (name == "TestList")
      in_list_ = false;
    else if (name == "StartTestTime")
      builder_.set_started(time_of_epoch(read_number(value).value_or(0)));
    else if (name == "Test" && in_list_)
      return expect(value);
    else if (name == "Test" && test_)
      return end_test();
    else if (test_)
      take_value(name, value);
    text_.clear();
    return {};
  }

  Result<void> expect(std::string_view full_name) {
    if (listed_.size() == k_max_test_results)
      return fail(ErrorKind::invalid, fmt::format("more than {} tests", k_max_test_results));
    ++listed_[std::string(full_name.substr(0, k_max_test_name))];
    text_.clear();
    return {};
  }

  void take_value(std::string_view name, std::string_view value) {
    CtestTest& test = *test_;
    if (name == "Name") test.name = value;
    if (name == "FullName") test.full_name = value;
    if (name == "NamedMeasurement") measured_.clear();
    if (name != "Value") return;
    if (measured_ == "Exit Code") test.exit_code = value;
    if (measured_ == "Completion Status") test.completion = value;
    if (measured_ == "Execution Time") test.seconds = value;
    if (measured_.empty()) test.output = packed_ ? "(its output is compressed)" : value;
    packed_ = false;
  }

  Result<void> end_test() {
    const CtestTest& test = *test_;
    TestResult result;
    result.name = test.name;
    result.status = ctest_status(test);
    result.duration = read_seconds(test.seconds);
    if (result.status != TestStatus::passed) {
      result.message = test.exit_code.empty() ? test.completion : test.exit_code;
      result.detail = test.output;
    }
    const auto listed = listed_.find(test.full_name.substr(0, k_max_test_name));
    if (listed != listed_.end() && --listed->second <= 0) listed_.erase(listed);
    test_.reset();
    text_.clear();
    return builder_.add(std::move(result));
  }

  /// The list at the head names every test; one without a result was not run to its end.
  Result<void> add_missing() {
    for (const auto& [name, count] : listed_)
      if (Result<void> added =
              builder_.add_problem("", name, "it is listed, but its result is not in the file");
          !added)
        return added;
    return {};
  }

  RunBuilder builder_{"ctest"};
  std::optional<CtestTest> test_;
  std::map<std::string, int, std::less<>> listed_;
  KeptText text_{k_max_test_detail * 2};
  std::string measured_;
  int depth_ = 0;
  bool testing_ = false, in_list_ = false, packed_ = false;
};

bool looks_like_ctest(std::string_view bytes) {
  return io::xml_root(bytes).value_or("") == "Site" || is_ctest_output(bytes);
}

Result<TestRun> read_ctest(std::string_view bytes) {
  const bool xml = !is_ctest_output(bytes);
  return xml ? CtestXmlReader().read(bytes) : read_ctest_output(bytes);
}

const Registered<ResultFormat> k_ctest{ResultFormat{.id = "ctest",
                                                    .title = "CTest: Testing/*/Test.xml, or what it prints",
                                                    .looks_like = looks_like_ctest,
                                                    .read = read_ctest}};

}  // namespace
}  // namespace exai::suite
