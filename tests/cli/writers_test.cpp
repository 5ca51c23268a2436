#include "cli/output/layout.hpp"
#include "cli/output/writer.hpp"
#include "cli/report_stream.hpp"
#include "core/json.hpp"
#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace exai;
using namespace exai::cli;

namespace {

const Writer& writer(std::string_view format) {
  for (const Writer* each : Registered<Writer>::all())
    if (each->format == format) return *each;
  FAIL("no writer " << format);
  std::abort();
}

CheckResult result(std::string id, Status status, std::string summary) {
  CheckResult out;
  out.id = std::move(id);
  out.title = "title";
  out.group = "group";
  out.status = status;
  out.summary = std::move(summary);
  out.duration = Millis{1250};
  return out;
}

/// One of each status, with characters that every format must defuse.
Report hostile() {
  Report report;
  report.title = "test";
  report.run_id = "0123456789abcdef";
  report.version = "1.2.3";
  report.results = {
      result("a.pass", Status::pass, "fine"), result("b.warn", Status::warn, "so so"),
      result("c.fail", Status::fail, "pipe | hash # <tag> & \"quote\" \x1b[31m ]]> line\nbreak"),
      result("d.unknown", Status::unknown, "no answer"), result("e.skip", Status::skip, "not here")};
  CheckResult& failed = report.results[2];
  failed.hint = "exai serve";
  failed.facts.push_back({"time", "12 ms", 12.0, "ms", 10.0, 20.0});
  failed.findings.push_back({Status::fail, "env.range", "too long", Location{".env", 7, 3}, "shorter"});
  return report;
}

std::string rendered(std::string_view format, const Report& report, ExitCode code = ExitCode::fail) {
  return writer(format).report(report, Look{}, code);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("no writer lets control characters through", "[cli][writers]") {
  for (const Writer* each : Registered<Writer>::all()) {
    INFO(each->format);
    const std::string text = each->report(hostile(), Look{}, ExitCode::fail);
    CHECK_FALSE(text.empty());
    CHECK_FALSE(has(text, "\x1b"));
    CHECK_FALSE(each->report(Report{}, Look{}, ExitCode::unknown).empty());
  }
}

TEST_CASE("table: status first, the failure again with its hint, and a verdict", "[cli][writers]") {
  const std::string text = rendered("table", hostile());
  CHECK(text.rfind("ok    a.pass", 0) == 0);
  CHECK(has(text, "\nFAIL  c.fail: pipe"));
  CHECK(has(text, ".env:7:3  too long"));
  CHECK(has(text, "try   exai serve"));
  CHECK(has(text, "FAIL test: 1 failed, 1 unknown, 1 warning, 1 ok, 1 skipped"));
  Look quiet;
  quiet.quiet = 1;
  const std::string few = writer("table").report(hostile(), quiet, ExitCode::fail);
  CHECK_FALSE(has(few, "a.pass"));
  CHECK(has(few, "c.fail"));
}

TEST_CASE("table: cut to a terminal's width, whole in a pipe", "[cli][writers]") {
  Report report;
  report.results = {result("a.b", Status::pass, std::string(300, 'x'))};
  Look terminal;
  terminal.cut = true;
  terminal.width = 60;
  const std::string text = writer("table").report(report, terminal, ExitCode::pass);
  CHECK(text.find('\n') <= 60 + 2);  // "…" is three bytes
  CHECK(has(writer("table").report(report, Look{}, ExitCode::pass), std::string(300, 'x')));
}

TEST_CASE("table: ASCII and colour only where asked for", "[cli][writers]") {
  Report report;
  report.results = {result("a.b", Status::fail, "größe")};
  Look plain;
  plain.utf8 = false;
  CHECK(has(writer("table").report(report, plain, ExitCode::fail), "gr??e"));
  Look bright;
  bright.colour = true;
  CHECK(has(writer("table").report(report, bright, ExitCode::fail), "\x1b[31;1mFAIL"));
}

TEST_CASE("json: schema, counts, verdict and code", "[cli][writers]") {
  const auto json = parse_json(rendered("json", hostile()), k_file_depth);
  REQUIRE(json);
  CHECK((*json)["schema"] == "exai.report/1");
  CHECK((*json)["results"].size() == 5);
  CHECK((*json)["results"][2]["findings"][0]["location"]["line"] == 7);
  CHECK((*json)["summary"]["unknown"] == 1);
  CHECK((*json)["verdict"] == "fail");
  CHECK((*json)["exit_code"] == 1);
}

TEST_CASE("jsonl: started, one line a result, finished", "[cli][writers]") {
  const std::string text = rendered("jsonl", hostile());
  std::vector<std::string> events;
  std::size_t at = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; at = end + 1, end = text.find('\n', at)) {
    const auto line = parse_json(text.substr(at, end - at), k_file_depth);
    REQUIRE(line);
    events.push_back((*line)["event"].get<std::string>());
  }
  CHECK(events ==
        std::vector<std::string>{"started", "result", "result", "result", "result", "result", "finished"});
}

TEST_CASE("junit: failure is not error", "[cli][writers]") {
  const std::string text = rendered("junit", hostile());
  CHECK(has(text, "tests=\"5\" failures=\"1\" errors=\"1\""));
  CHECK(has(text,
            "<failure message=\"pipe | hash # &lt;tag&gt; &amp; &quot;quote&quot; \\x1b[31m ]]&gt; "
            "line&#10;break\">"));
  CHECK(has(text, "<error message=\"no answer\">"));
  CHECK(has(text, "<skipped message=\"not here\"/>"));
  CHECK(has(text, "<system-out>warning: so so</system-out>"));
  CHECK(has(text, "time=\"1.250000\""));
}

TEST_CASE("tap: unknown is not ok, hashes are escaped", "[cli][writers]") {
  const std::string text = rendered("tap", hostile());
  CHECK(text.rfind("TAP version 14\n1..5\nok 1 - a.pass: fine\n", 0) == 0);
  CHECK(has(text, "not ok 3 - c.fail: pipe | hash \\# "));
  CHECK(has(text, "not ok 4 - d.unknown: no answer\n  ---\n  severity: unknown\n"));
  CHECK(has(text, "ok 5 - e.skip # SKIP not here\n"));
  CHECK(has(rendered("tap", Report{}), "Bail out!"));
}

TEST_CASE("prometheus: one series a check, even when it ran twice", "[cli][writers]") {
  Report report = hostile();
  report.results.push_back(result("a.pass", Status::fail, "later"));
  const std::string text = rendered("prometheus", report);
  CHECK(has(text, "# TYPE exai_check_status gauge\n"));
  CHECK(has(text, "exai_check_status{check=\"a.pass\",run=\"test\"} 2\n"));
  CHECK(has(text, "exai_check_status{check=\"d.unknown\",run=\"test\"} 3\n"));
  CHECK(has(text, "exai_check_duration_seconds{check=\"b.warn\",run=\"test\"} 1.25\n"));
  CHECK(has(text, "exai_run_verdict{run=\"test\"} 2\n"));
  CHECK(text.find("check=\"a.pass\",run=\"test\"} 0") == std::string::npos);
}

TEST_CASE("nagios: one line, performance data and four codes", "[cli][writers]") {
  const std::string text = rendered("nagios", hostile());
  const std::string first = text.substr(0, text.find('\n'));
  CHECK(first == "EXAI CRITICAL - 3 of 5 not ok: b.warn, c.fail, d.unknown |'c.fail.time'=12ms;10;20");
  CHECK(std::count(text.begin(), text.end(), '|') == 1);
  Report warned;
  warned.results = {result("a.b", Status::warn, "hm")};
  CHECK(nagios_code(warned, ExitCode::pass) == ExitCode(1));
  CHECK(nagios_code(warned, ExitCode::fail) == ExitCode(2));
  CHECK(nagios_code(warned, ExitCode::config) == ExitCode(3));
  CHECK(rendered("nagios", warned, ExitCode::pass).rfind("EXAI WARNING", 0) == 0);
  CHECK(rendered("nagios", Report{}, ExitCode::unknown).rfind("EXAI UNKNOWN - nothing was checked", 0) == 0);
}

TEST_CASE("sarif: findings that stand in a file", "[cli][writers]") {
  const auto json = parse_json(rendered("sarif", hostile()), k_file_depth);
  REQUIRE(json);
  CHECK((*json)["version"] == "2.1.0");
  const auto& run = (*json)["runs"][0];
  REQUIRE(run["results"].size() == 1);
  CHECK(run["results"][0]["ruleId"] == "env.range");
  CHECK(run["results"][0]["level"] == "error");
  CHECK(run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 7);
  CHECK(run["tool"]["driver"]["rules"][0]["id"] == "env.range");
}

TEST_CASE("markdown: pipes do not break the table", "[cli][writers]") {
  const std::string text = rendered("markdown", hostile());
  CHECK(has(text, "| FAIL | c.fail | pipe \\| hash # \\<tag>"));
  CHECK(has(text, "`.env:7:3` too long"));
}

TEST_CASE("tables become objects with the column names", "[cli][writers]") {
  const Table table{{"name", "max_output"}, {{"a|b", "1"}, {"c", "2"}}};
  CHECK(writer("table").table(table, Look{}) == "NAME  MAX OUTPUT\na|b   1\nc     2\n");
  CHECK(writer("jsonl").table(table, Look{}) ==
        "{\"name\":\"a|b\",\"max_output\":\"1\"}\n{\"name\":\"c\",\"max_output\":\"2\"}\n");
  const auto json = parse_json(writer("json").table(table, Look{}));
  REQUIRE(json);
  CHECK((*json)["rows"][1]["max_output"] == "2");
  CHECK(writer("markdown").table(table, Look{}) ==
        "| name | max_output |\n| --- | --- |\n| a\\|b | 1 |\n| c | 2 |\n");
}

TEST_CASE("sinks: several files, one standard output", "[cli][writers]") {
  CHECK(parse_sinks({})->front().writer->format == "table");
  CHECK(parse_sinks({"table", "junit=a.xml", "prometheus=b.prom"})->size() == 3);
  CHECK(parse_sinks({"json=-"})->front().file.empty());
  const auto two = parse_sinks({"table", "json"});
  REQUIRE_FALSE(two);
  CHECK(two.error().kind == ErrorKind::usage);
  CHECK(parse_sinks({"jnuit=x"}).error().hint == "did you mean junit?");
  CHECK_FALSE(parse_sinks({"json="}));
}

TEST_CASE("errors: what, where, while and the way out", "[cli][writers]") {
  Error error = make_error(ErrorKind::config, "ws.port is not a port", "exai config get ws.port");
  error.where = Location{".env", 4, 0};
  error.context = {"reading the settings"};
  CHECK(
      render_error(error, false, Look{}) ==
      "error: ws.port is not a port\n  at      .env:4\n  while   reading the settings\n  try     exai config "
      "get ws.port\n");
  const auto json = parse_json(render_error(error, true, Look{}));
  REQUIRE(json);
  CHECK((*json)["error"]["kind"] == "config");
  CHECK((*json)["error"]["exit_code"] == 2);
  CHECK((*json)["error"]["location"]["line"] == 4);
  CHECK((*json)["error"]["hint"] == "exai config get ws.port");
}

TEST_CASE("a duration above zero is never written as zero", "[cli][writers]") {
  CHECK(shown_time(Micros{0}) == "0 ms");
  CHECK(shown_time(Micros{1}) == "0.01 ms");
  CHECK(shown_time(Micros{40}) == "0.04 ms");
  CHECK(shown_time(Micros{999}) == "1.00 ms");
  CHECK(shown_time(Millis{2}) == "2 ms");
  CHECK(shown_time(Millis{1250}) == "1.25 s");
  Report report = hostile();
  for (CheckResult& one : report.results) one.duration = Micros{40};
  CHECK(has(rendered("json", report), "\"duration_ms\": 0.04"));
  CHECK(has(rendered("junit", report), "time=\"0.000040\""));
  CHECK(has(rendered("tap", report), "duration_ms: 0.04"));
  CHECK(has(rendered("prometheus", report), "} 4e-05"));
}

TEST_CASE("a report in pieces is the report as a whole", "[cli][writers]") {
  for (const char* format : {"tap", "jsonl"}) {
    INFO(format);
    const Report report = hostile();
    const Writer& form = writer(format);
    REQUIRE(form.pieces != nullptr);
    std::string text = form.pieces->begin(report, report.results.size());
    for (std::size_t at = 0; at < report.results.size(); ++at)
      text += form.pieces->result(report.results[at], at + 1);
    CHECK(text + form.pieces->end(report, ExitCode::fail, report.results.size()) == rendered(format, report));
  }
  // Fewer or more than planned must not look complete.
  CHECK(has(writer("tap").pieces->end(hostile(), ExitCode::fail, 6), "Bail out!"));
  CHECK(has(writer("tap").pieces->end(hostile(), ExitCode::fail, 4), "Bail out!"));
}

TEST_CASE("results are on standard output before the report is done", "[cli][writers]") {
  for (const char* format : {"tap", "jsonl", "json", "table"}) {
    INFO(format);
    char* bytes = nullptr;
    std::size_t size = 0;
    Out out;
    out.file = open_memstream(&bytes, &size);
    const std::vector<Sink> sinks{{&writer(format), ""}, {&writer("tap"), "file.tap"}};
    const bool live = writer(format).pieces != nullptr;
    {
      ReportStream stream(sinks, out, Globals{}, Redactor({Secret("hash # <tag>")}));
      const Report report = hostile();
      stream.begin(report, report.results.size());
      CHECK(stream.begun() == live);
      for (const std::size_t at : {std::size_t{2}, std::size_t{0}}) stream.result(report.results[at]);
      std::fflush(out.file);
      const std::string early(bytes, size);
      CHECK(has(early, "c.fail") == live);
      CHECK(has(early, "a.pass") == live);
      CHECK_FALSE(has(early, "b.warn"));
      CHECK_FALSE(has(early, "hash # <tag>"));
      if (live) {
        stream.finish(report, ExitCode::fail);
        std::fflush(out.file);
        const std::string whole(bytes, size);
        for (const CheckResult& one : report.results) CHECK(has(whole, one.id));
        CHECK(whole.find("a.pass") == whole.rfind("a.pass"));
      }
    }
    std::fclose(out.file);
    std::free(bytes);
  }
}
