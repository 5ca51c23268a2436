#include "core/json_access.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace exai;

TEST_CASE("a member that is absent, null or below no object is null", "[json]") {
  const Json object = {{"name", "exai"}, {"nothing", nullptr}, {"inner", {{"deep", 1}}}};
  CHECK(member_of(object, "name") == "exai");
  CHECK(&member_of(object, "name") == &object.at("name"));
  CHECK(member_of(object, "nothing").is_null());
  CHECK(member_of(object, "none").is_null());
  CHECK(member_of(member_of(object, "inner"), "deep") == 1);
  CHECK(member_of(member_of(object, "none"), "deep").is_null());
  for (const Json& other : {Json(), Json("name"), Json(7), Json::array({"name"})}) {
    CHECK(member_of(other, "name").is_null());
    CHECK(text_of(other, "name").empty());
    CHECK_FALSE(number_of(other, "name"));
  }
}

TEST_CASE("a member of another type is none", "[json]") {
  const Json object = {{"text", "7"},       {"whole", -7},  {"large", 18446744073709551615ULL},
                       {"part", 0.5},       {"flag", true}, {"list", {1}},
                       {"nothing", nullptr}};
  CHECK(text_of(object, "text") == "7");
  for (const char* const name : {"whole", "part", "flag", "list", "nothing", "none"}) {
    CAPTURE(name);
    CHECK(text_of(object, name).empty());
  }
  CHECK(number_of(object, "whole") == -7.0);
  CHECK(number_of(object, "large") == 18446744073709551615.0);
  CHECK(number_of(object, "part") == 0.5);
  for (const char* const name : {"text", "flag", "list", "nothing", "none"}) {
    CAPTURE(name);
    CHECK_FALSE(number_of(object, name));
  }
}
