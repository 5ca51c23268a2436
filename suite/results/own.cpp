// What exai itself writes with -o json and -o jsonl. A warning is a pass, unknown is an error.
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/results/format.hpp"
#include "suite/results/json_text.hpp"
#include "suite/results/run_builder.hpp"
#include "suite/results/texts.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::suite {
namespace {

std::optional<Micros> millis_in(const Json& object) {
  const auto millis = number_of(object, "duration_ms");
  return millis ? micros_of_seconds(*millis / 1000) : std::nullopt;
}

TestStatus status_of_check(std::string_view word) {
  if (word == to_string(Status::pass) || word == to_string(Status::warn)) return TestStatus::passed;
  if (word == to_string(Status::fail)) return TestStatus::failed;
  return word == to_string(Status::skip) ? TestStatus::skipped : TestStatus::error;
}

std::string finding_lines(const Json& findings) {
  std::string out;
  if (!findings.is_array()) return out;
  for (const Json& finding : findings) {
    const Json& where = member_of(finding, "location");
    const std::string file = text_of(where, "file");
    if (!file.empty())
      out += fmt::format("{}:{}: ", file, static_cast<long long>(number_of(where, "line").value_or(0)));
    out += text_of(finding, "message") + "\n";
    if (out.size() > k_max_test_detail) break;
  }
  return out;
}

class OwnReader {
 public:
  Result<TestRun> read_document(std::string_view bytes) {
    const Result<Json> document = read_json_document(bytes);
    if (!document) return fail(document.error());
    if (Result<void> known = head(*document, "/schema"); !known) return fail(std::move(known.error()));
    const Json& results = member_of(*document, "results");
    if (!results.is_array())
      return fail(ErrorKind::invalid, "/results: not an array", "hand in what exai -o json wrote");
    Result<void> done;
    for (std::size_t at = 0; done && at < results.size(); ++at)
      done = add(results[at], fmt::format("/results/{}", at));
    if (done) done = tail(*document);
    if (!done) return fail(std::move(done.error()));
    return builder_.finish();
  }

  Result<TestRun> read_lines(std::string_view bytes) {
    bool ended = false;
    JsonLines lines;
    lines.object = [&](const Json& event, int line) -> Result<void> {
      const std::string name = text_of(event, "event"), place = fmt::format("line {}", line);
      if (name == "started") return head(event, place);
      if (name == "result") return add(event, place);
      if (name != "finished") return {};
      ended = true;
      return tail(event);
    };
    lines.other = [](std::string_view text, int line) -> Result<void> {
      if (text.starts_with('{')) return {};  // it was cut, and the last line is not there
      return fail(ErrorKind::invalid, fmt::format("line {}: not a JSON object", line),
                  "hand in what exai -o jsonl wrote");
    };
    Result<void> done = each_json_line(bytes, lines);
    if (done && !ended)
      done =
          builder_.add_problem("", "(end of the run)", "there is no line \"finished\": the run did not end");
    if (!done) return fail(std::move(done.error()));
    return builder_.finish();
  }

 private:
  Result<void> head(const Json& object, std::string_view place) {
    const std::string schema = text_of(object, "schema");
    if (schema != "exai.report/1")
      return fail(ErrorKind::invalid,
                  fmt::format("{}: \"{}\" is not exai.report/1", place, printable(schema.substr(0, 64))),
                  "hand in the report of a command that judges: exai -o json runbook run daily");
    builder_.set_name(text_of(object, "title"));
    builder_.set_host(text_of(object, "host"));
    builder_.set_started(read_time(text_of(object, "started")));
    builder_.set_duration(millis_in(object));
    return {};
  }

  Result<void> add(const Json& item, std::string_view place) {
    const std::string id = text_of(item, "id"), status = text_of(item, "status");
    if (id.empty() || status.empty())
      return fail(ErrorKind::invalid, fmt::format("{}: no id or no status", place),
                  "hand in what exai wrote, unchanged");
    TestResult result;
    result.group = text_of(item, "group");
    result.name = id;
    result.status = status_of_check(status);
    result.duration = millis_in(item);
    if (status != to_string(Status::pass)) {
      result.message = text_of(item, "summary");
      if (status == to_string(Status::warn)) result.message = "warning: " + result.message;
      result.detail = finding_lines(member_of(item, "findings"));
      if (const std::string hint = text_of(item, "hint"); !hint.empty()) result.detail += "try " + hint;
      place_of(member_of(item, "findings"), result);
    }
    return builder_.add(std::move(result));
  }

  static void place_of(const Json& findings, TestResult& result) {
    if (!findings.is_array() || findings.empty()) return;
    const Json& where = member_of(findings[0], "location");
    result.file = text_of(where, "file");
    const auto line = number_of(where, "line");
    if (line && *line >= 1 && *line < 1e9) result.line = static_cast<int>(*line);
  }

  /// The counts must be those of the results.
  Result<void> tail(const Json& object) {
    if (const auto duration = millis_in(object)) builder_.set_duration(duration);
    const auto total = number_of(member_of(object, "summary"), "total");
    if (!total) return builder_.add_problem("", "(counts)", "the report has no summary");
    if (*total <= static_cast<double>(builder_.size())) return {};
    return builder_.add_problem(
        "", "(counts)", fmt::format("the summary counts {} results; {} are there", *total, builder_.size()));
  }

  RunBuilder builder_{"exai"};
};

Result<TestRun> read_own(std::string_view bytes) {
  return has_members(first_members(bytes), {"event"}) ? OwnReader().read_lines(bytes)
                                                      : OwnReader().read_document(bytes);
}

const Registered<ResultFormat> k_own{
    ResultFormat{.id = "exai",
                 .title = "exai -o json and -o jsonl",
                 .looks_like =
                     [](std::string_view bytes) {
                       const std::vector<std::string> members = first_members(bytes);
                       return has_members(members, {"schema"}) &&
                              (has_members(members, {"run_id"}) || has_members(members, {"event"}));
                     },
                 .read = read_own}};

}  // namespace
}  // namespace exai::suite
