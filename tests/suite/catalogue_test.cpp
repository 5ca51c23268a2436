// The catalogue of cases as it is, and what is said of one that is wrong.
#include "suite/catalogue/catalogue.hpp"

#include "io/yaml.hpp"
#include "suite/report/case_results.hpp"
#include "tests/catch.hpp"

#include <set>

namespace exai::suite {
namespace {

constexpr std::string_view k_head = R"(version: 1
classes: {local: 5s}
groups:
  told:
    class: local
    base: {a: 1, b: 2}
    cases:
)";

/// A catalogue of one tool whose group says that nothing applies, but for what is added.
std::string with_case(std::string_view tool) {
  std::string text(k_head);
  for (const std::string_view variation : k_variations)
    text += "      " + std::string(variation) + ": \"no\"\n";
  return text + "tools:\n  one:\n    group: told\n" + std::string(tool);
}

Result<std::vector<TestCase>> read(const std::string& text) {
  const auto document = io::parse_yaml(text, "catalogue.yaml");
  REQUIRE(document);
  return read_catalogue(*document);
}

TEST_CASE("the built-in catalogue has every tool with every variation", "[suite]") {
  const auto cases = load_catalogue();
  if (!cases) FAIL(to_string(cases.error().where.value_or(Location{})) + ": " + cases.error().message);
  std::map<std::string, std::set<std::string>> tools;
  std::set<std::string> ids;
  for (const TestCase& test : *cases) {
    tools[test.tool].insert(test.variation);
    CHECK(ids.insert(case_id(test)).second);
    CHECK(test.calls.empty() != test.skip.empty());
  }
  CHECK(tools.size() == 31);
  for (const auto& [tool, variations] : tools) CHECK(variations.size() == k_variations.size());
}

TEST_CASE("arguments of group, tool and call come together", "[suite]") {
  const auto cases = read(with_case(R"(    base: {b: null, c: {d: "${WORD}"}}
    values: {WORD: true}
    cases:
      edge_cases:
        calls:
          - {arguments: {e: {$text: 4}}, expect: {/x: 5, /y: {type: array, at_most: 2}}, capture: {ID: /id}}
          - {without: a, arguments: {id: "${ID} in ${FIXTURES}", long: {$repeat: ab, times: 3}}, ending: refused, limit: 2s}
)"));
  if (!cases) FAIL(cases.error().message);
  const TestCase& test = (*cases)[1];
  REQUIRE(test.calls.size() == 2);
  CHECK(dump_json(test.calls[0].arguments) == R"({"a":1,"c":{"d":true},"e":"4"})");
  CHECK(dump_json(test.calls[1].arguments) ==
        R"({"c":{"d":true},"id":"${ID} in ${FIXTURES}","long":"ababab"})");
  CHECK(test.calls[0].assertions.size() == 3);
  CHECK(test.calls[0].limit == Millis{10'000});
  CHECK(test.calls[1].limit == Millis{2'000});
  CHECK(test.calls[1].ending == Ending::refused);
  CHECK(test.needs == std::vector<std::string>{"files"});
  CHECK((*cases)[0].skip == "no");
}

TEST_CASE("a wrong catalogue is refused with its line and the nearest word", "[suite]") {
  struct Row {
    std::string text, message, hint;
    int line;
  };
  const int first = 8 + int(k_variations.size()) + 3;  // the line after "group: told"
  const auto one = [](std::string_view written) {
    return with_case("    cases:\n      edge_cases: " + std::string(written) + "\n");
  };
  const std::vector<Row> rows{
      {"version: 2\n", "version", "", 1},
      {with_case("    casses: {}\n"), "\"casses\" is no field", "cases", first},
      {with_case("    cases: {edge_case: \"no\"}\n"), "\"edge_case\" is no field", "edge_cases", first},
      {with_case("    class: lokal\n"), "no class \"lokal\"", "local", first},
      {one("{ending: refussed}"), "\"refussed\" is no ending", "refused", first + 1},
      {one("{expect: {/a: {contain: x}}}"), "\"contain\" is no way", "contains", first + 1},
      {one("{expect: {a: 1}}"), "is no place", "/a", first + 1},
      {one("{expect: {/a: {matches: \"(\"}}}"), "no regular expression", "", first + 1},
      {one("{argument: {}}"), "\"argument\" is no field", "arguments", first + 1},
      {one("{without: z}"), "no argument z", "", first + 1},
      {one("{arguments: {x: \"${FIXTURE}\"}}"), "${FIXTURE}", "FIXTURES", first + 1},
      {one("{copies: 0}"), "copies is a number", "", first + 1},
      {one("{limit: 5}"), "5", "", first + 1},
      {one("\"\""), "needs the reason", "", first + 1},
      {one("[{name: a}, {name: a}]"), "the name \"a\"", "", first + 1},
      {one("[]"), "at least one", "", first + 1},
      {"version: 1\nclasses: {local: 5s}\ntools:\n  one: {class: local}\n",
       "says nothing on basic_functionality", "why it does not apply", 4},
      {"version: 1\nclasses: {local: 5s}\ngroups: {told: {class: local}}\ntools:\n  one: {group: tolt}\n",
       "no group \"tolt\"", "told", 5},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto cases = read(row.text);
    REQUIRE_FALSE(cases);
    CHECK(cases.error().kind == ErrorKind::config);
    CHECK_THAT(cases.error().message, Catch::Contains(row.message));
    CHECK_THAT(cases.error().hint, Catch::Contains(row.hint));
    REQUIRE(cases.error().where);
    CHECK(cases.error().where->line == row.line);
  }
}

TEST_CASE("a tool without a case and a case without a tool are failures", "[suite]") {
  TestCase test;
  test.tool = "chat";
  const Json both = Json::array({{{"name", "chat"}}, {{"name", "chatter"}}});
  const Json one = Json::array({{{"name", "chat"}}});
  CHECK(check_catalogue({test}, one, {}).empty());
  const auto extra = check_catalogue({test}, both, {});
  REQUIRE(extra.size() == 1);
  CHECK(extra[0].severity == Status::fail);
  CHECK(extra[0].message == "the tool chatter has no case");
  const auto missing = check_catalogue({test}, Json::array(), {});
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].severity == Status::fail);
  const auto hidden = check_catalogue({test}, Json::array(), {{"chat", "TOOL_PROFILE"}});
  REQUIRE(hidden.size() == 1);
  CHECK(hidden[0].severity == Status::skip);
}

}  // namespace
}  // namespace exai::suite
