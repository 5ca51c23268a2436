#include "mcp/schema.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace exai;
using namespace exai::mcp;

namespace {
Schema compiled(const char* text) {
  const Result<Json> document = parse_json(text);
  REQUIRE(document);
  Result<Schema> schema = Schema::compile(*document);
  if (!schema) FAIL(schema.error().message);
  return *schema;
}
std::string problems(const char* schema, const char* value) {
  return to_line(compiled(schema).check(*parse_json(value)));
}
}  // namespace

TEST_CASE("a schema names every problem at once, with pointer and expectation", "[serve][schema]") {
  const char* const schema =
      R"({"type":"object","required":["prompt"],"additionalProperties":false,"properties":{
    "prompt":{"type":"string","minLength":1,"maxLength":5},"temperature":{"type":"number","minimum":0,"maximum":1},
    "mode":{"enum":["low","high"]},"files":{"type":"array","maxItems":2,"items":{"type":"string"}}}})";
  CHECK(problems(schema, R"({"prompt":"hi","temperature":0.5,"mode":"low","files":["a"]})").empty());
  const auto found =
      compiled(schema).check(*parse_json(R"({"temperature":2,"mode":"hgh","files":["a",3],"promt":"x"})"));
  REQUIRE(found.size() == 5);
  const std::string line = to_line(found);
  CHECK(line.find("/prompt: expected this member, which is missing") != std::string::npos);
  CHECK(line.find("/temperature: expected a number of at most 1, got 2") != std::string::npos);
  CHECK(line.find("/mode: expected one of \"low\", \"high\", got \"hgh\"; did you mean high?") !=
        std::string::npos);
  CHECK(line.find("/files/1: expected string, got 3") != std::string::npos);
  CHECK(line.find("/promt: expected no such member; did you mean prompt?") != std::string::npos);
}

TEST_CASE("an unsupported keyword is refused at registration", "[serve][schema]") {
  for (const char* const text :
       {R"({"pattern":"a*"})", R"({"properties":{"a":{"format":"uri"}}})", R"({"contains":{}})",
        R"({"type":"strin"})", R"({"minLength":-1})", R"({"$ref":"http://x"})", R"({"$ref":"#/$defs/no"})"}) {
    INFO(text);
    const Result<Schema> schema = Schema::compile(*parse_json(text));
    REQUIRE_FALSE(schema);
    CHECK(schema.error().kind == ErrorKind::invalid);
    CHECK(schema.error().message.find("#/") != std::string::npos);
  }
}

TEST_CASE("types, combinations, references and counts are validated as 2020-12 says", "[serve][schema]") {
  CHECK(problems(R"({"type":"integer"})", "2.0").empty());
  CHECK_FALSE(problems(R"({"type":"integer"})", "2.5").empty());
  CHECK_FALSE(problems(R"({"type":["string","null"]})", "1").empty());
  CHECK(problems(R"({"anyOf":[{"type":"string"},{"type":"array"}]})", "1") ==
        "arguments: expected string or array, got 1");
  CHECK_FALSE(problems(R"({"oneOf":[{"type":"number"},{"minimum":1}]})", "2").empty());
  CHECK_FALSE(problems(R"({"not":{"type":"null"}})", "null").empty());
  CHECK_FALSE(problems(R"({"allOf":[{"minimum":1},{"maximum":2}]})", "3").empty());
  CHECK(problems(R"({"const":{"a":1}})", R"({"a":1})").empty());
  CHECK_FALSE(problems(R"({"uniqueItems":true})", "[1,2,1]").empty());
  CHECK_FALSE(problems(R"({"multipleOf":0.1})", "0.25").empty());
  CHECK(problems(R"({"multipleOf":0.1})", "0.3").empty());
  CHECK_FALSE(problems(R"({"maxLength":2})", "\"\\u00e4\\u00e4\\u00e4\"").empty());
  CHECK(problems(R"({"maxLength":3})", "\"\\u00e4\\u00e4\\u00e4\"").empty());
  CHECK_FALSE(problems(R"({"prefixItems":[{"type":"string"}],"items":false})", "[\"a\",1]").empty());
  const char* const tree =
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}}}}})";
  CHECK(problems(tree, R"({"next":{"next":{}}})").empty());
  CHECK(problems(tree, R"({"next":{"next":1}})").find("/next/next") != std::string::npos);
  CHECK(problems(R"({"properties":{"a/b":{"type":"string"}}})", R"({"a/b":1})").find("/a~1b") !=
        std::string::npos);
}

TEST_CASE("null means absent wherever a member is optional", "[serve][schema]") {
  const Schema schema =
      compiled(R"({"type":"object","required":["must"],"additionalProperties":false,"properties":{
    "must":{"type":"string"},"may":{"type":"string","enum":["a"]},"list":{"type":"array","items":{"type":"object",
    "properties":{"inner":{"type":"number"}}}},"nullable":{"type":["string","null"]},"any":{}}})");
  const auto without = [&](const char* text) {
    Json value = *parse_json(text);
    schema.drop_nulls(value);
    return dump_json(value);
  };
  CHECK(without(R"({"must":"x","may":null})") == R"({"must":"x"})");
  CHECK(without(R"({"must":null,"list":null})") == R"({"must":null})");
  CHECK(without(R"({"list":[{"inner":null},{"inner":1}]})") == R"({"list":[{},{"inner":1}]})");
  CHECK(without(R"({"nullable":null,"any":null,"unknown":null})") ==
        R"({"any":null,"nullable":null,"unknown":null})");
  CHECK(without("null") == "null");
}
