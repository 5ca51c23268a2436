#include "core/text.hpp"

#include "core/json.hpp"
#include "core/redact.hpp"
#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace exai;

TEST_CASE("edit distance counts a swap as one", "[core][text]") {
  CHECK(edit_distance("daily", "dialy") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("status", "status") == 0);
}

TEST_CASE("the nearest names come first, and far ones not at all", "[core][text]") {
  const std::vector<std::string> names{"status", "stop", "serve", "runbook"};
  CHECK(did_you_mean("statsu", names) == "did you mean status?");
  CHECK(did_you_mean("zebra", names).empty());
  CHECK(did_you_mean("run", names) == "did you mean runbook?");
}

TEST_CASE("what steers a terminal is shown, not sent", "[core][text]") {
  CHECK(printable("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(printable("\xC2\x9B"
                  "31m") == "\\xc2\\x9b31m");
  CHECK(printable("gr\xC3\xBC\xC3\x9F\n\t") == "gr\xC3\xBC\xC3\x9F\n\t");
  CHECK(printable("\xFF\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("UTF-8 is judged by the standard", "[core][text]") {
  CHECK(is_utf8("\xF0\x9F\x98\x80"));
  CHECK_FALSE(is_utf8("\xED\xA0\x80"));
  CHECK_FALSE(is_utf8("\xC0\xAF"));
  CHECK_FALSE(is_utf8("\xE2\x82"));
}

TEST_CASE("text is cut between characters", "[core][text]") {
  const std::string euro = "\xE2\x82\xAC", text = "a" + euro + "b";
  const std::vector<std::string> first{"", "a", "a", "a", "a" + euro, text, text};
  const std::vector<std::string> last{"", "b", "b", "b", euro + "b", text, text};
  for (std::size_t most = 0; most < first.size(); ++most) {
    CAPTURE(most);
    CHECK(beginning_of(text, most) == first[most]);
    CHECK(ending_of(text, most) == last[most]);
  }
}

TEST_CASE("tokens are estimated by script", "[core][text]") {
  CHECK(estimate_tokens("abcdefgh") == 2);
  CHECK(estimate_tokens("\xE4\xBD\xA0\xE5\xA5\xBD\xE4\xB8\x96\xE7\x95\x8C\xE4\xBD\xA0") == 3);
}

TEST_CASE("JSON deeper than the limit is refused before it can overflow anything", "[core][json]") {
  const std::string deep(200'000, '[');
  const auto refused = parse_json(deep);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']')));
  CHECK_FALSE(parse_json("{\"a\":"));
  CHECK_FALSE(parse_json(""));
}

TEST_CASE("JSON text never throws and never breaks UTF-8", "[core][json]") {
  CHECK(dump_json(Json("\xFF")) == "\"\xEF\xBF\xBD\"");
  CHECK(quote_json("a\"b\n") == "\"a\\\"b\\n\"");
  CHECK(json_at(R"({"a":{"b":[1,{"c":"x"}]}})", "a.b.1.c").value() == "x");
  CHECK_FALSE(json_at(R"({"a":1})", "a.b"));
}

TEST_CASE("a secret is found in plain, base64 and URL-encoded form", "[core][redact]") {
  const std::string key = "canary+key/with=signs?and&more";
  const Redactor redactor({Secret(key)});
  CHECK(redactor.apply("Bearer " + key + "!").find("canary") == std::string::npos);
  CHECK(redactor.apply("nothing here") == "nothing here");
  // base64 of ":canary+key..." as in basic authentication, at each of the three alignments
  for (const char* encoded :
       {"Y2FuYXJ5K2tleS93aXRoPXNpZ25zP2FuZCZtb3Jl",
        "OmNhbmFyeStrZXkvd2l0aD1zaWducz9hbmQmbW9yZQ==", "dTpjYW5hcnkra2V5L3dpdGg9c2lnbnM/YW5kJm1vcmU="}) {
    INFO(encoded);
    CHECK_FALSE(redactor.clean(encoded));
    CHECK(redactor.apply(encoded).find("[secret sha256:") != std::string::npos);
  }
  CHECK_FALSE(redactor.clean("x=canary%2Bkey%2Fwith%3Dsigns%3Fand%26more"));
}

TEST_CASE("a short word is no secret to search for", "[core][redact]") {
  const Redactor redactor({Secret("short")});
  CHECK(redactor.apply("a short text") == "a short text");
}
