#include "core/loose_json.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace exai;

TEST_CASE("an object is found in whatever form a model gives it", "[core][loose_json]") {
  struct Case {
    const char *text, *value;
    LooseForm form;
  };
  const auto c = GENERATE(values<Case>({
      {R"({"a":1})", R"({"a":1})", LooseForm::direct},
      {"  {\"a\":{\"b\":[]}}\n", R"({"a":{"b":[]}})", LooseForm::direct},
      {"Here it is:\n```json\n{\"a\":1}\n```\nDone {really}", R"({"a":1})", LooseForm::fenced},
      {"```\n{\"a\":\"x\"}\n```", R"({"a":"x"})", LooseForm::fenced},
      {"The answer: {\"a\":1} as you see", R"({"a":1})", LooseForm::braces},
      {R"({"a":"cut in the mid)", R"({"a":"cut in the mid"})", LooseForm::repaired},
      {R"(```json
{"a":["one","tw)",
       R"({"a":["one","tw"]})", LooseForm::repaired},
      {R"({"a":1,"b":{"c":[1,2,{"d":"e"},)", R"({"a":1,"b":{"c":[1,2,{"d":"e"}]}})", LooseForm::repaired},
      {R"({"a":"x","half_a_ke)", R"({"a":"x"})", LooseForm::repaired},
      {R"({"a":"x","key":)", R"({"a":"x"})", LooseForm::repaired},
      {R"({"a":"x","n":12)", R"({"a":"x"})", LooseForm::repaired},
      {R"({"a":"x\)", R"({"a":"x"})", LooseForm::repaired},
      {R"({"a":"x\u00)", R"({"a":"x"})", LooseForm::repaired},
      {R"({"a":"x\"y)", R"({"a":"x\"y"})", LooseForm::repaired},
      {"{\"a\":\"caf\xc3", R"({"a":"caf"})", LooseForm::repaired},
      {R"({"a":true,"b":null,"c":[)", R"({"a":true,"b":null,"c":[]})", LooseForm::repaired},
      {"no object here", "null", LooseForm::none},
      {"[1,2]", "null", LooseForm::none},
      {"{", "null", LooseForm::none},
      {"", "null", LooseForm::none},
      {"{not json}", "null", LooseForm::none},
      {"{]", "null", LooseForm::none},
  }));
  INFO(c.text);
  LooseForm form = LooseForm::direct;
  CHECK(dump_json(loose_json(c.text, form)) == c.value);
  CHECK(to_string(form) == to_string(c.form));
}

TEST_CASE("every beginning of an object either closes to JSON or is refused", "[core][loose_json]") {
  const std::string whole =
      R"({"a":"x\n\"\u00e9é","b":[1,-2.5,true,[],{}],"c":{"d":null,"e":"f"},"g":[{"h":"i"}]})";
  REQUIRE(parse_json(whole));
  for (std::size_t size = 1; size <= whole.size(); ++size) {
    const std::string closed = close_json(std::string_view(whole).substr(0, size));
    INFO(whole.substr(0, size));
    INFO(closed);
    CHECK(parse_json(closed));
  }
  CHECK(close_json(whole) == whole);
  CHECK(close_json(whole + " and more") == whole);
}

TEST_CASE("the texts of an array are taken, other items left out", "[core][json]") {
  const Json object{{"files", {"a.cpp", 3, nullptr, "b.cpp"}}, {"file", "a.cpp"}};
  CHECK(texts_of(object, "files") == std::vector<std::string>{"a.cpp", "b.cpp"});
  CHECK(texts_of(object, "file").empty());
  CHECK(texts_of(object, "none").empty());
  CHECK(texts_of(Json("a.cpp"), "files").empty());
}
