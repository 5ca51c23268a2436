// Cases out of schemas: what is called right satisfies the schema, what must be refused does not, and no
// schema that a stranger may write breaks or stops it.
#include "suite/derive/derive.hpp"

#include "mcp/schema.hpp"
#include "suite/derive/foreign_schema.hpp"
#include "suite/derive/pattern.hpp"
#include "suite/derive/sample.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"
#include "tests/suite/surfaces.hpp"

#include <algorithm>
#include <set>

using namespace exai;
using namespace exai::suite;

namespace {

/// Entries of tools/list as published servers have them, without their texts.
Json published() {
  auto rows = parse_json(tests::source_text("tests/suite/tool_schemas.json"), k_file_depth);
  REQUIRE(rows);
  return std::move(*rows);
}

DeriveOptions with_writes() {
  DeriveOptions options;
  options.allow_writes = true;
  options.huge_bytes = 4096;
  return options;
}

Json entry_with(Json schema) {
  Json entry{{"name", "t"}};
  entry["inputSchema"] = std::move(schema);
  return entry;
}

std::vector<TestCase> of_variation(const std::vector<TestCase>& cases, std::string_view variation) {
  std::vector<TestCase> some;
  std::copy_if(cases.begin(), cases.end(), std::back_inserter(some),
               [&](const TestCase& each) { return each.variation == variation && each.skip.empty(); });
  return some;
}

const TestCase* named(const std::vector<TestCase>& cases, std::string_view variation, std::string_view name) {
  for (const TestCase& each : cases)
    if (each.variation == variation && each.name == name && each.skip.empty()) return &each;
  return nullptr;
}

std::string as_text(const std::vector<TestCase>& cases) {
  std::string text;
  for (const TestCase& each : cases) {
    text += each.tool + " " + each.variation + " " + each.name + " " + each.skip + "\n";
    for (const CaseCall& call : each.calls)
      text += dump_json(call.arguments) + std::to_string(static_cast<int>(call.ending)) + "\n";
  }
  return text;
}

/// The schema as one property, and what the call without anything optional has there; null when there is no
/// such call.
Json sampled(Json schema) {
  const Json entry =
      entry_with({{"type", "object"}, {"properties", {{"x", std::move(schema)}}}, {"required", {"x"}}});
  const auto cases = of_variation(derive_cases(entry, with_writes()), "valid");
  return cases.empty() ? Json() : cases.front().calls.front().arguments["x"];
}

Json schema_of(std::string_view text) {
  auto parsed = parse_json(text, k_file_depth);
  REQUIRE(parsed);
  return std::move(*parsed);
}

/// Judges by the schema as it was written, where our validator takes all of its keywords.
struct Independent {
  std::optional<mcp::Schema> schema;

  explicit Independent(const Json& written) {
    if (auto compiled = mcp::Schema::compile(written)) schema = std::move(*compiled);
  }
  void judge(const TestCase& each, std::size_t& judged) const {
    if (!schema || !each.skip.empty()) return;
    ++judged;
    const bool conforms = schema->check(each.calls.front().arguments).empty();
    CHECK(conforms == (each.calls.front().ending != Ending::refused));
  }
};

}  // namespace

TEST_CASE("cases for the tools of published servers are what their schemas say", "[suite][derive]") {
  std::size_t judged = 0, valid = 0;
  for (const Json& entry : published()) {
    INFO(entry["server"].get<std::string>() << " " << entry["name"].get<std::string>());
    const auto cases = derive_cases(entry, with_writes());
    const ForeignSchema schema = ForeignSchema::read(entry["inputSchema"]);
    const Independent independent(entry["inputSchema"]);
    std::set<std::string> names;
    std::size_t called = 0;
    for (const TestCase& each : cases) {
      INFO(each.variation << " " << each.name << " " << each.skip);
      CHECK(each.tool == entry["name"]);
      CHECK(names.insert(each.variation + " " + each.name).second);
      CHECK(each.calls.empty() != each.skip.empty());
      if (!each.skip.empty()) continue;
      ++called;
      const CaseCall& call = each.calls.front();
      CHECK(call.arguments.is_object());
      CHECK(schema.judge(call.arguments) == (call.ending == Ending::refused
                                                 ? ForeignSchema::Verdict::violates
                                                 : ForeignSchema::Verdict::conforms));
      independent.judge(each, judged);
    }
    CHECK(called <= with_writes().max_cases);
    for (const std::string_view variation : k_derived_variations)
      CHECK(std::any_of(cases.begin(), cases.end(),
                        [&](const TestCase& each) { return each.variation == variation; }));
    valid += of_variation(cases, "valid").size();
    CHECK(as_text(cases) == as_text(derive_cases(entry, with_writes())));
  }
  CHECK(valid > 100);
  CHECK(judged > 500);
}

TEST_CASE("a tool that may write gets only calls that it must refuse, and none that could do its work",
          "[suite][derive]") {
  const Json schema =
      schema_of(R"({"type": "object", "required": ["path", "mode", "sure"], "additionalProperties": false,
      "properties": {"path": {"type": "string", "minLength": 1, "default": "/etc/passwd"},
                     "mode": {"type": "integer", "maximum": 7}, "sure": {"type": "boolean"},
                     "force": {"type": "boolean"}, "depth": {"type": "integer", "maximum": 3}}})");
  const Json annotations[] = {nullptr,
                              Json::object(),
                              {{"readOnlyHint", false}},
                              {{"destructiveHint", false}},
                              {{"readOnlyHint", "true"}},
                              {{"readOnlyHint", true}, {"destructiveHint", true}}};
  for (const Json& hints : annotations) {
    Json entry = entry_with(schema);
    entry["annotations"] = hints;
    INFO(dump_json(hints));
    const auto cases = derive_cases(entry, {});
    CHECK_FALSE(reads_only(entry));
    CHECK(of_variation(cases, "missing").size() == 2);
    CHECK(of_variation(cases, "wrong_type").size() == 2);
    CHECK(of_variation(cases, "boundary").size() == 2);
    for (const TestCase& each : cases) {
      for (const CaseCall& call : each.calls) {
        CHECK(call.ending == Ending::refused);
        // What is wrong is a member without which nothing can be done.
        CHECK_FALSE((call.arguments.contains("force") || call.arguments.contains("depth")));
        CHECK(call.arguments.value("sure", Json(false)) == false);
        CHECK(call.arguments.value("path", Json()) != "/etc/passwd");
      }
      if (each.variation == "valid") CHECK(each.skip.find("readOnlyHint") != std::string::npos);
    }
  }
  Json entry = entry_with(schema);
  entry["annotations"] = {{"readOnlyHint", true}};
  CHECK(reads_only(entry));
  CHECK(of_variation(derive_cases(entry), "valid").size() == 2);
  CHECK(of_variation(derive_cases(entry_with(schema), with_writes()), "valid").size() == 2);
}

TEST_CASE("samples take what a schema suggests, else something of its form", "[suite][derive]") {
  const std::pair<const char*, const char*> table[] = {
      {R"({"type": "string", "examples": ["e"], "default": "d"})", R"("e")"},
      {R"({"type": "string", "default": "d"})", R"("d")"},
      {R"({"type": "integer", "examples": ["no number"], "default": 9})", "9"},
      {R"({"enum": ["a", "b"], "default": "b"})", R"("b")"},
      {R"({"enum": ["a", "b"], "default": "c"})", R"("a")"},
      {R"({"const": {"k": [1]}})", R"({"k":[1]})"},
      {R"({"type": "string", "format": "date-time"})", R"("2026-01-02T03:04:05Z")"},
      {R"({"type": "string", "format": "uri"})", R"("https://example.com/")"},
      {R"({"type": "string", "format": "email"})", R"("someone@example.com")"},
      {R"({"type": "string", "format": "uuid"})", R"("123e4567-e89b-42d3-a456-426614174000")"},
      {R"({"type": "string", "pattern": "^\\d{4}-\\d{2}$"})", R"("1111-11")"},
      {R"({"type": "string", "minLength": 10})", R"("examplexxx")"},
      {R"({"type": "string", "maxLength": 3})", R"("exa")"},
      {R"({"type": "string", "pattern": "^a+$", "minLength": 4})", R"("aaaa")"},
      {R"({"type": "integer", "minimum": 5})", "5"},
      {R"({"type": "integer", "exclusiveMinimum": 5, "multipleOf": 4})", "8"},
      {R"({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5})", "0.25"},
      {R"({"type": "integer", "minimum": 0, "exclusiveMinimum": true, "maximum": 1})", "1"},
      {R"({"type": ["null", "boolean"]})", "false"},
      {R"({"type": "null"})", "null"},
      {R"({"anyOf": [{"type": "null"}, {"type": "integer"}]})", "1"},
      {R"({"oneOf": [{"type": "integer", "minimum": 3, "maximum": 2}, {"type": "boolean"}]})", "false"},
      {R"({"allOf": [{"type": "number", "minimum": 2}, {"type": "integer", "maximum": 2}]})", "2"},
      {R"({"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": true})", "[1,2,3]"},
      {R"({"type": "array", "prefixItems": [{"type": "integer"}, {"const": "k"}], "minItems": 2})",
       R"([1,"k"])"},
      {R"({"type": "object", "required": ["a"], "properties": {"a": {"type": "object", "required": ["b"],
          "properties": {"b": {"type": "boolean"}, "c": {"type": "string"}}}}})",
       R"({"a":{"b":false}})"},
      {R"({"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}})",
       R"({"extra1":1,"extra2":1})"},
      {R"({"type": "string", "nullable": true})", R"("example")"},
  };
  for (const auto& [schema, expected] : table) {
    INFO(schema);
    CHECK(dump_json(sampled(schema_of(schema))) == expected);
  }
}

TEST_CASE("references are followed, to definitions, to places, to anchors and to the schema itself",
          "[suite][derive]") {
  const Json schema = schema_of(R"({"type": "object", "required": ["a", "b", "c", "tree"],
      "properties": {"a": {"$ref": "#/$defs/p%31"}, "b": {"$ref": "#/properties/a"}, "c": {"$ref": "#here"},
                     "tree": {"$ref": "#/$defs/node"}},
      "$defs": {"p1": {"type": "integer", "minimum": 7}, "n": {"$anchor": "here", "type": "boolean"},
                "node": {"type": "object", "required": ["value"], "properties": {
                  "value": {"type": "string"}, "next": {"$ref": "#/$defs/node"}}}}})");
  const auto cases = derive_cases(entry_with(schema), with_writes());
  const TestCase* least = named(cases, "valid", "required members");
  REQUIRE(least != nullptr);
  CHECK(dump_json(least->calls.front().arguments) == R"({"a":7,"b":7,"c":false,"tree":{"value":"example"}})");
  CHECK(named(cases, "missing", "/tree/value") != nullptr);
  CHECK(named(cases, "boundary", "/a beyond minimum 7") != nullptr);
}

TEST_CASE("bounds are tried at them and beyond them", "[suite][derive]") {
  const Json schema = schema_of(R"({"type": "object", "properties": {
      "n": {"type": "integer", "minimum": 1, "maximum": 10}, "x": {"type": "number", "exclusiveMaximum": 2},
      "s": {"type": "string", "minLength": 2, "maxLength": 4}, "e": {"enum": ["a"]}, "l": {"type": "array", "minItems": 1,
      "maxItems": 2, "items": {"type": "string"}}, "timeout_ms": {"type": "integer", "maximum": 3600000}}})");
  const auto cases = derive_cases(entry_with(schema), with_writes());
  const std::pair<const char*, const char*> table[] = {
      {"/n at minimum 1", R"({"n":1})"},
      {"/n beyond minimum 1", R"({"n":0})"},
      {"/n at maximum 10", R"({"n":10})"},
      {"/n beyond maximum 10", R"({"n":11})"},
      {"/x beyond exclusiveMaximum 2", R"({"x":2})"},
      {"/e outside enum", R"({"e":"surely_no_value_of_it"})"},
      {"/s at minLength 2", R"({"s":"ex"})"},
      {"/s beyond minLength 2", R"({"s":"x"})"},
      {"/s at maxLength 4", R"({"s":"exam"})"},
      {"/s beyond maxLength 4", R"({"s":"examp"})"},
      {"/l at minItems 1", R"({"l":["example"]})"},
      {"/l beyond minItems 1", R"({"l":[]})"},
      {"/l beyond maxItems 2", R"({"l":["example","example","example"]})"}};
  for (const auto& [name, arguments] : table) {
    INFO(name);
    const TestCase* found = named(cases, "boundary", name);
    REQUIRE(found != nullptr);
    CHECK(dump_json(found->calls.front().arguments) == arguments);
    CHECK(
        found->calls.front().ending ==
        (std::string_view(name).find(" at ") == std::string_view::npos ? Ending::refused : Ending::answered));
  }
  // Nobody waits an hour for a test.
  CHECK(named(cases, "boundary", "/timeout_ms at maximum 3.6e+06") == nullptr);
}

TEST_CASE("texts that are unlike others, many at once and a cancellation", "[suite][derive]") {
  Json entry = entry_with({{"type", "object"},
                           {"required", {"q"}},
                           {"properties", {{"kind", {{"enum", {"a"}}}}, {"q", {{"type", "string"}}}}}});
  entry["annotations"] = {{"readOnlyHint", true}};
  const auto cases = derive_cases(entry);
  const auto huge = of_variation(cases, "huge");
  REQUIRE(huge.size() == 1);
  CHECK(huge[0].calls[0].arguments["q"].get<std::string>().size() == std::size_t{1} << 20U);
  CHECK(huge[0].calls[0].ending == Ending::answered);
  const auto unicode = of_variation(cases, "unicode");
  REQUIRE(unicode.size() == 2);
  CHECK(unicode[0].calls[0].arguments["q"].get<std::string>().find("\U0001F469\u200D") != std::string::npos);
  CHECK(unicode[1].calls[0].arguments["q"] == std::string("a\0b", 3));
  CHECK(of_variation(cases, "concurrent").at(0).calls[0].copies == 8);
  const auto cancelled = of_variation(cases, "cancelled");
  REQUIRE(cancelled.size() == 1);
  CHECK(cancelled[0].calls[0].ending == Ending::cancelled);
  CHECK(cancelled[0].calls[0].cancel_after == Millis{20});
  // Without additionalProperties anything more is allowed.
  CHECK(of_variation(cases, "unknown_field").at(0).calls[0].ending == Ending::answered);
  entry["inputSchema"]["additionalProperties"] = false;
  CHECK(of_variation(derive_cases(entry), "unknown_field").at(0).calls[0].ending == Ending::refused);
  entry["inputSchema"]["properties"]["q"]["maxLength"] = 10;
  CHECK(of_variation(derive_cases(entry), "huge").at(0).calls[0].ending == Ending::refused);
}

TEST_CASE("what a case cannot say is skipped with the reason", "[suite][derive]") {
  const std::pair<Json, const char*> table[] = {
      {Json{{"inputSchema", Json::object()}}, "no name"},
      {Json{{"name", "t"}}, "no inputSchema"},
      {7, "no name"},
      {entry_with(7), "no inputSchema"},
      {{{"name", "t"}, {"inputSchema", Json::object()}, {"execution", {{"taskSupport", "required"}}}},
       "task"},
      {entry_with(schema_of(R"({"required": ["a"], "properties": {"a": {"minimum": 3, "maximum": 2}}})")),
       "bounds"},
      {entry_with(
           schema_of(R"({"required": ["a"], "properties": {"a": {"type": "string", "pattern": "(?=x)y"}}})")),
       "pattern"},
      {entry_with(schema_of(R"({"required": ["a"], "properties": {"a": false}})")), "/a allows no value"},
      {entry_with(schema_of(R"({"required": ["a"], "properties": {"a": {"$ref": "#"}}})")), "deeper"},
      {entry_with(schema_of(R"({"$ref": "#"})")), "by itself"},
      {entry_with(schema_of(R"({"type": "string"})")), "object"},
      {entry_with(schema_of(R"({"required": ["a"], "properties": {"a": {"const": "${HOME}"}}})")), "${"},
  };
  for (const auto& [entry, reason] : table) {
    INFO(dump_json(entry));
    const auto cases = derive_cases(entry, with_writes());
    const auto valid = std::find_if(cases.begin(), cases.end(),
                                    [](const TestCase& each) { return each.variation == "valid"; });
    REQUIRE(valid != cases.end());
    CHECK_FALSE(valid->tool.empty());
    CHECK(valid->calls.empty());
    CHECK(valid->skip.find(reason) != std::string::npos);
  }
}

TEST_CASE("no schema that a stranger may write breaks or stops it", "[suite][derive]") {
  Json wide{{"type", "object"}}, values = Json::array(), chain = Json::object(), doubled = Json::object();
  for (int i = 0; i < 5000; ++i) {
    wide["properties"]["p" + std::to_string(i)] = {{"type", "integer"}, {"minimum", 0}};
    wide["required"].push_back("p" + std::to_string(i));
    chain["d" + std::to_string(i)] = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
  }
  Json broad{{"type", "object"}};
  for (int i = 0; i < 1500; ++i)
    broad["properties"]["p" + std::to_string(i)] = {{"type", "integer"}, {"minimum", 0}};
  for (int i = 0; i < 100'000; ++i) values.push_back("v" + std::to_string(i));
  for (int i = 0; i < 40; ++i) {
    const Json next{{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    doubled["d" + std::to_string(i)] = {{"allOf", {next, next}}};
  }
  const Json hostile[] = {
      true,
      wide,
      broad,
      tests::nested(5000, "items"),
      tests::nested(5000, "properties"),
      {{"properties", {{"a", {{"enum", values}}}}}, {"required", {"a"}}},
      {{"$ref", "#/$defs/d0"}, {"$defs", chain}},
      {{"$ref", "#/$defs/d0"}, {"$defs", doubled}},
      schema_of(R"({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]})"),
      schema_of(R"({"allOf": [{"$ref": "#"}, {"$ref": "#"}], "properties": {"a": {"$ref": "#"}}})"),
      schema_of(R"({"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}, {"$ref": "#"}]},
                                   "b": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}})"),
      schema_of(R"({"properties": {"a": {"type": "string", "pattern": "^(a+)+$", "minLength": 60000}}})"),
      schema_of(R"({"properties": {"a": {"type": "string", "pattern": "((a{1000}){1000}){1000}"}}})"),
      schema_of(R"({"properties": {"a": {"type": "string", "pattern": "((((", "default": "x"}}})"),
      schema_of(R"({"properties": {"a": {"type": "string", "minLength": 1e300, "maxLength": -5}}})"),
      schema_of(
          R"({"properties": {"a": {"type": "array", "minItems": 9007199254740991}}, "required": ["a"]})"),
      schema_of(R"({"properties": {"a": {"type": "integer", "minimum": 1e308, "multipleOf": 1e-300},
          "b": {"type": "array", "uniqueItems": true, "minItems": 5, "items": {"default": 9223372036854775807}}}})"),
      schema_of(
          R"({"properties": {"": {"type": "integer"}, "/~": {"type": "integer"}, "0": {"type": "integer"}},
          "required": ["", "/~", "0", 5]})"),
      schema_of(
          R"({"type": 7, "properties": [], "required": "a", "enum": {}, "allOf": {}, "$ref": 5, "minimum": "x",
          "items": 7, "not": 1, "if": [], "patternProperties": 5, "$defs": 4, "pattern": {}, "uniqueItems": 1})"),
  };
  for (const Json& schema : hostile) {
    INFO(dump_json(schema).substr(0, 200));
    const auto cases = derive_cases(entry_with(schema), with_writes());
    CHECK(cases.size() >= k_derived_variations.size());
    const auto called =
        std::count_if(cases.begin(), cases.end(), [](const TestCase& each) { return each.skip.empty(); });
    CHECK(static_cast<std::size_t>(called) <= with_writes().max_cases);
  }
}

TEST_CASE("what is left out of a schema never makes it refuse more", "[suite][derive]") {
  struct Row {
    const char* schema;
    const char* value;
    ForeignSchema::Verdict verdict;
  };
  using Verdict = ForeignSchema::Verdict;
  const Row table[] = {
      {R"({"patternProperties": {"^x-": {}}, "additionalProperties": false})", R"({"x-a": 1})",
       Verdict::conforms},
      {R"({"oneOf": [{"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^b"}]})", R"("a")",
       Verdict::conforms},
      {R"({"oneOf": [{"type": "string"}, {"type": "integer"}]})", "true", Verdict::violates},
      {R"({"oneOf": [{"type": "number"}, {"type": "integer"}]})", "1", Verdict::violates},
      {R"({"not": {"type": "string", "pattern": "^a"}})", R"("b")", Verdict::conforms},
      {R"({"not": {"type": "string"}})", R"("b")", Verdict::violates},
      {R"({"if": {"propertyNames": {"maxLength": 1}}, "then": false})", R"({"long": 1})", Verdict::conforms},
      {R"({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"type": "string"}},
          "$ref": "#/definitions/a", "maxLength": 1})",
       R"("long")", Verdict::conforms},
      {R"({"$ref": "https://example.com/schema.json"})", "1", Verdict::conforms},
      {R"({"type": "string", "nullable": true})", "null", Verdict::conforms},
      {R"({"items": [{"type": "string"}], "additionalItems": false})", R"(["a", 1])", Verdict::violates},
      {R"({"minimum": 1, "exclusiveMinimum": true})", "1", Verdict::violates},
      {R"({"minimum": 1, "exclusiveMinimum": false})", "1", Verdict::conforms},
      {R"({"const": null})", "1", Verdict::violates},
      {"false", "1", Verdict::violates},
      {R"({"anyOf": [{"$ref": "#"}]})", "1", Verdict::conforms},
  };
  for (const Row& row : table) {
    INFO(row.schema);
    CHECK(ForeignSchema::read(schema_of(row.schema)).judge(schema_of(row.value)) == row.verdict);
  }
  const ForeignSchema schema = ForeignSchema::read(schema_of(R"({"properties": {"a/b": {"contains": {}}}})"));
  CHECK(schema.unjudged() == std::vector<std::string>{"/properties/a~1b/contains"});
}

TEST_CASE("a schema of branches within branches is judged within a bound", "[suite][derive]") {
  const ForeignSchema schema = ForeignSchema::read(schema_of(
      R"({"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}, {"$ref": "#"}]}}, "not": {"type": "integer"},
          "required": ["never"]})"));
  Json value = Json::object();
  for (int level = 0; level < 40; ++level) {
    Json outer = Json::object();
    outer["a"] = std::move(value);
    value = std::move(outer);
  }
  CHECK(schema.judge(value) != ForeignSchema::Verdict::conforms);
  CHECK(schema.problems(value).size() <= 20);
}

TEST_CASE("patterns match as ECMA-262 says, in linear time", "[suite][derive]") {
  struct Row {
    const char* pattern;
    const char* text;
    bool matches;
  };
  const Row table[] = {
      {"^a|b$", "ax", true},
      {"^(?:a|b)$", "ax", false},
      {"a{2,3}", "aa", true},
      {"^a{2,3}$", "aaaa", false},
      {"^a{2,}$", "aaaa", true},
      {"^a{2}$", "aaa", false},
      {"^[^a-c]+$", "xyz", true},
      {"^[^a-c]+$", "xbz", false},
      {"^\\w+@\\w+\\.[a-z]{2,}$", "a@b.de", true},
      {"\\bcat\\b", "a cat.", true},
      {"\\bcat\\b", "cats", false},
      {"^.$", "\xF0\x9F\x98\x80", true},
      {"^[\\w.-]+$", "a-b.c", true},
      {"^\\u0041\\x42$", "AB", true},
      {"^[:|-]$", "-", true},
      {"^(a|b|)c$", "c", true},
      {"^(?<n>x)y?$", "x", true},
      {"^[]$", "", false},
      {"^\\S\\D$", "ab", true},
      {"{", "{", true},
      {"^$", "", true},
      {"^(a*)*$", "aaab", false},
  };
  for (const Row& row : table) {
    INFO(row.pattern << " " << row.text);
    const auto pattern = Pattern::read(row.pattern);
    REQUIRE(pattern);
    CHECK(pattern->matches(row.text) == row.matches);
  }
  for (const char* bad :
       {"(", ")", "[", "a**", "*", "\\", "(?=a)", "(?!a)", "(?<=a)", "(a)\\1", "\\p{L}", "a{2,1}"}) {
    INFO(bad);
    CHECK_FALSE(Pattern::read(bad));
  }
  const auto slow = Pattern::read("^(a+)+$");
  REQUIRE(slow);
  CHECK(slow->matches(std::string(20'000, 'a') + "!") == false);
}

TEST_CASE("a text is found for the patterns of published schemas", "[suite][derive]") {
  const char* patterns[] = {
      "^[a-zA-Z0-9][a-zA-Z0-9._-]*$",
      "^(?:[A-Za-z0-9_'+\\-]+\\.)*[A-Za-z0-9_'+\\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]"
      "{2,}$",
      "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000)$",
      "^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$",
      "^[a-zA-Z0-9_.-]+\\.(png|svg|gif)$",
      "^\\d{4}-\\d{2}-\\d{2}to\\d{4}-\\d{2}-\\d{2}$",
      "^I?\\d+[:|-]\\d+(?:;\\d+[:|-]\\d+)*$",
  };
  for (const char* written : patterns) {
    INFO(written);
    const auto pattern = Pattern::read(written);
    REQUIRE(pattern);
    const auto text = pattern->sample(0, 1000);
    REQUIRE(text);
    CHECK(pattern->matches(*text) == true);
  }
  CHECK(Pattern::read("^a*$")->sample(5, 5) == "aaaaa");
  CHECK_FALSE(Pattern::read("^abc$")->sample(5, 9));
}
