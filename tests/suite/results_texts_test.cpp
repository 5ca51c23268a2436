#include "core/utc.hpp"
#include "suite/results/format.hpp"
#include "suite/results/json_text.hpp"
#include "suite/results/tap_line.hpp"
#include "suite/results/texts.hpp"
#include "tests/catch.hpp"

using namespace exai;
using namespace exai::suite;

TEST_CASE("seconds are read as tools write them", "[suite][results]") {
  const std::pair<std::string_view, std::int64_t> rows[] = {
      {"0", 0},
      {"0.25", 250'000},
      {" 1.5 ", 1'500'000},
      {"1,234.5", 1'234'500'000},
      {"0,25", 250'000},
      {"1.5e-05", 15},
      {"1,234,567.0", 1'234'567'000'000},
  };
  for (const auto& [text, micros] : rows) {
    INFO(text);
    REQUIRE(read_seconds(text).has_value());
    CHECK(read_seconds(text)->count() == micros);
  }
  for (const std::string_view text :
       {"", "-1", "NaN", "inf", "1e300", "1s", "0x10", "1.2.3", "--", "999999999999"})
    CHECK_FALSE(read_seconds(text).has_value());
}

TEST_CASE("times are read with and without fraction and zone", "[suite][results]") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"2026-11-28T11:25:06", "2026-11-28T11:25:06.000Z"},
      {"2026-11-28 11:25:06", "2026-11-28T11:25:06.000Z"},
      {"2026-11-28T11:25:06.434541", "2026-11-28T11:25:06.434Z"},
      {"2026-11-28T11:25:06.123456789Z", "2026-11-28T11:25:06.123Z"},
      {"2026-11-28T11:25:06+02:00", "2026-11-28T09:25:06.000Z"},
      {"2026-11-28T23:25:06,5-0130", "2026-11-29T00:55:06.500Z"},
  };
  for (const auto& [text, utc] : rows) {
    INFO(text);
    REQUIRE(read_time(text).has_value());
    CHECK(format_utc(*read_time(text)) == utc);
  }
  for (const std::string_view text :
       {"", "yesterday", "2026-13-01T00:00:00", "2026-02-30T00:00:00", "2026-11-28T25:00:00",
        "1970-01-01T00:00:00", "2026-11-28T11:25:06.", "2026-11-28T11:25:06+2", "2026-11-28T11:25:06+99:00",
        "Sat, 28 Nov 2026 11:26:43 GMT"})
    CHECK_FALSE(read_time(text).has_value());
}

TEST_CASE("texts lose what steers a terminal and keep their beginning", "[suite][results]") {
  CHECK(kept_text("\x1b[31mred\x1b[0m", 100) == "red");
  CHECK(kept_text(" a\r\nb\r\n ", 100) == "a\nb");
  CHECK(kept_text(std::string_view("a\0b\xff", 4), 100) == "a\\x00b\xEF\xBF\xBD");
  CHECK(kept_text("\x1b", 100).empty());
  CHECK(kept_text("\x1b[", 100).empty());
  CHECK(kept_text("abcdefghij", 10) == "abcdefghij");
  CHECK(kept_text("abcdefghijk", 10) == "abcdefg...");
  CHECK(kept_text("ääääää", 10) == "äää...");  // no character is cut in two
  CHECK(kept_text(std::string(100, ' ') + "x", 10) == "...");
}

TEST_CASE("a line of TAP is what it says", "[suite][results]") {
  struct Row {
    std::string_view line;
    TapKind kind;
    bool ok;
    int number;
    std::string_view text;
    TapDirective directive;
    std::string_view reason;
  };
  const Row rows[] = {
      {"ok", TapKind::test, true, 0, "", TapDirective::none, ""},
      {"ok 3", TapKind::test, true, 3, "", TapDirective::none, ""},
      {"not ok 3 - a", TapKind::test, false, 3, "a", TapDirective::none, ""},
      {"ok 3 a", TapKind::test, true, 3, "a", TapDirective::none, ""},
      {"ok - a", TapKind::test, true, 0, "a", TapDirective::none, ""},
      {"ok 2nd try", TapKind::test, true, 0, "2nd try", TapDirective::none, ""},
      {"ok 1 # skip", TapKind::test, true, 1, "", TapDirective::skip, ""},
      {"ok 1 - a # SKIPPED: no net", TapKind::test, true, 1, "a", TapDirective::skip, "no net"},
      {"not ok 1 - a # ToDo b", TapKind::test, false, 1, "a", TapDirective::todo, "b"},
      {"ok 1 - a \\# skip", TapKind::test, true, 1, "a # skip", TapDirective::none, ""},
      {"ok 1 - a\\\\ # skip x", TapKind::test, true, 1, "a\\", TapDirective::skip, "x"},
      {"ok 1 - C# skip", TapKind::test, true, 1, "C# skip", TapDirective::none, ""},
      {"ok 1 - issue # 7 # todo x", TapKind::test, true, 1, "issue # 7", TapDirective::todo, "x"},
      {"okay", TapKind::other, false, 0, "", TapDirective::none, ""},
      {"not okay", TapKind::other, false, 0, "", TapDirective::none, ""},
      {"OK 1", TapKind::other, false, 0, "", TapDirective::none, ""},
      {"1..5", TapKind::plan, false, 5, "", TapDirective::none, ""},
      {"1..0 # SKIP no", TapKind::plan, false, 0, "no", TapDirective::none, ""},
      {"1..", TapKind::other, false, 0, "", TapDirective::none, ""},
      {"1..3 x", TapKind::other, false, 0, "", TapDirective::none, ""},
      {"TAP version 14", TapKind::version, false, 14, "", TapDirective::none, ""},
      {"Bail out! why", TapKind::bail_out, false, 0, "why", TapDirective::none, ""},
      {"# Subtest: x", TapKind::subtest, false, 0, "x", TapDirective::none, ""},
      {"# a comment", TapKind::other, false, 0, "", TapDirective::none, ""},
      {"}", TapKind::block_end, false, 0, "", TapDirective::none, ""},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    const TapLine line = read_tap_line(row.line);
    CHECK(int(line.kind) == int(row.kind));
    CHECK((line.kind == TapKind::test && line.ok) == row.ok);
    CHECK((line.kind == TapKind::other ? 0 : line.number.value_or(0)) == row.number);
    if (row.kind != TapKind::other) CHECK(line.text == row.text);
    CHECK(int(line.directive) == int(row.directive));
    CHECK(line.reason == row.reason);
  }
  CHECK(read_tap_line("ok 1 - a # time=12.5ms").duration == Micros{12'500});
  CHECK(read_tap_line("        ok 1").indent == 8);
}

TEST_CASE("the members of the first object are seen without reading it", "[suite][results]") {
  using Names = std::vector<std::string>;
  CHECK(first_members(R"({"a":{"b":1},"c":["d",{"e":2}],"f":"{\"g\":1}"})") == Names{"a", "c", "f"});
  CHECK(first_members("noise\n\n {\"a\" : 1}\n{\"b\":2}") == Names{"a"});
  CHECK(first_members("{\"a\":1,\"b") == Names{"a", "b"});
  CHECK(first_members("[1]").empty());
  CHECK(first_members("").empty());
  CHECK(has_members({"a", "b"}, {"b", "a"}));
  CHECK_FALSE(has_members({"a"}, {"a", "b"}));
}

TEST_CASE("a diagnosis of TAP that says nonsense does no harm", "[suite][results]") {
  const TestRun run =
      read_results(
          "1..1\nnot ok 1 - a\n  ---\n  line: 0\n  duration_ms: -5\n  message: \"x\n  at: :::\n  ...\n")
          .value();
  REQUIRE(run.results.size() == 1);
  CHECK_FALSE(run.results[0].line.has_value());
  CHECK_FALSE(run.results[0].duration.has_value());
  CHECK(run.results[0].message == "\"x");
}
