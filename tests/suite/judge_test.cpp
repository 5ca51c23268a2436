// What the judge of answers lets pass and what it does not: one row an answer.
#include "suite/run/judge.hpp"

#include "suite/run/rules.hpp"
#include "tests/catch.hpp"

namespace exai::suite {
namespace {

struct Row {
  std::string_view what;
  std::string result;  ///< of tools/call, as JSON
  std::string rule;    ///< of the first finding; empty = none
  Ending ending = Ending::success;
  std::string arguments = "{}";
};

/// A result with that text, and perhaps more members.
std::string with_text(std::string_view text, std::string_view more = {}) {
  return R"({"content":[{"type":"text","text":)" + quote_json(text) + "}]" + std::string(more) + "}";
}

Json json(std::string_view text) {
  auto parsed = parse_json(text);
  REQUIRE(parsed);
  return *parsed;
}

std::string first_rule(const Row& row) {
  CaseCall call;
  call.tool = "chat";
  call.arguments = json(row.arguments);
  call.ending = row.ending;
  const Redactor known({Secret("known-secret-of-ours")});
  JudgeFacts facts;
  facts.secrets = &known;
  const auto findings = judge_call(call, Observed{json(row.result)}, facts);
  return findings.empty() ? "" : findings.front().rule;
}

const std::string k_refused = R"(,"isError":true)";

TEST_CASE("the judge of answers, by rule", "[suite]") {
  const std::string good = R"({"status":"success","content":"a whole answer"})";
  const std::vector<Row> rows{
      {"an object", with_text(good), ""},
      {"plain text", with_text("a whole answer"), ""},
      {"a list", with_text(R"([{"file_id":"f1"}])"), ""},
      {"an empty list", with_text("[]"), ""},
      {"lines of JSON", with_text("{\"a\":1}\n{\"a\":2}"), ""},
      {"lines of JSON, the first cut", with_text("{\"a\":\n{\"a\":2}"), "V3.empty"},
      {"V1: a state of failure", with_text(R"({"status":"debug_failed","content":"text"})"), "V1.status"},
      {"V1: a timeout", with_text(R"({"status":"thinkdeep_timeout","content":"text"})"), "V1.status"},
      {"V1: error", with_text(R"({"status":"Error","content":"text"})"), "V1.status"},
      {"V1: success false", with_text(R"({"success":false,"content":"text"})"), "V1.status"},
      {"V1: success true", with_text(R"({"success":true,"content":"text"})"), ""},
      {"V1: an error", with_text(R"({"error":"out of order","content":"text"})"), "V1.status"},
      {"V1: no error", with_text(R"({"error":null,"content":"text"})"), ""},
      {"V1: an exception", with_text(R"({"exception":{"type":"KeyError"},"content":"text"})"), "V1.status"},
      {"V2", with_text("1 validation errors for ChatRequest"), "V2.schema"},
      {"V3: no text", with_text(""), "V3.empty"},
      {"V3: blanks", with_text(" \n "), "V3.empty"},
      {"V3: an empty object", with_text("{}"), "V3.empty"},
      {"V3: only empty members", with_text(R"({"content":"","list":[],"none":null})"), "V3.empty"},
      {"V3: cut", with_text(R"({"status":"success","conte)"), "V3.empty"},
      {"V3: twice", with_text(good + good), "V3.empty"},
      {"V5: short", with_text("yes"), "V5.length"},
      {"V5: long", with_text(std::string(100'001, 'x')), "V5.length"},
      {"no object", "[]", "protocol"},
      {"no content", "{}", "protocol"},
      {"an item without text", R"({"content":[{"type":"text"}]})", "protocol"},
      {"an unknown item", R"({"content":[{"type":"smell","text":"x"}]})", "protocol"},
      {"isError is a text", with_text(good, R"(,"isError":"no")"), "protocol"},
      {"refused", with_text("no, because of that", k_refused), "ending"},
      {"refused as it must", with_text("no, because of that", k_refused), "", Ending::refused},
      {"refused without a word", with_text("", k_refused), "V3.empty", Ending::refused},
      {"a crash", with_text("terminate called after throwing", k_refused), "protocol", Ending::refused},
      {"accepted", with_text(good), "ending", Ending::refused},
      {"either: refused", with_text("no, because of that", k_refused), "", Ending::answered},
      {"either: accepted", with_text(good), "", Ending::answered},
      {"either: a failure", with_text(R"({"status":"chat_failed"})"), "V1.status", Ending::answered},
      {"another tool", with_text(R"({"metadata":{"tool_name":"debug"}})"), "tool"},
      {"another model", with_text(R"({"metadata":{"model_used":"b"}})"), "model", Ending::success,
       R"({"model":"a"})"},
      {"that model", with_text(R"({"metadata":{"model_used":"a"}})"), "", Ending::success,
       R"({"model":"a"})"},
      {"any model", with_text(R"({"metadata":{"model_used":"b"}})"), "", Ending::success,
       R"({"model":"auto"})"},
      {"another conversation", with_text(R"({"continuation_id":"c2","x":1})"), "conversation",
       Ending::success, R"({"continuation_id":"c1"})"},
      {"the same twice",
       R"({"content":[{"type":"text","text":"a whole answer"},{"type":"text","text":"a whole answer"}]})",
       "doubled"},
      {"a key", with_text("use sk-a8f3c1b2d4e5f60718293a4b5c6d"), "secret"},
      {"a key that was asked about", with_text("use sk-a8f3c1b2d4e5f60718293a4b5c6d"), "", Ending::success,
       R"({"prompt":"is sk-00f3c1b2d4e5f60718293a4b5c6d one?"})"},
      {"a key in a refusal", with_text("ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R", k_refused), "secret",
       Ending::refused},
      {"a secret of ours", with_text("it is known-secret-of-ours"), "secret"},
      {"encoded twice", with_text("Gr\xC3\x83\xC2\xBC\xC3\x83\xC2\x9F, all of them"), "encoding"},
      {"lost", with_text("Gr\xEF\xBF\xBD\xEF\xBF\xBD, all of them"), "encoding"},
      {"umlauts", with_text("Gr\xC3\xBC\xC3\x9F, all of them"), ""},
      {"another script", with_text("это совсем не тот язык"), "language"},
      {"a script that was asked in", with_text("это совсем не тот язык"), "", Ending::success,
       R"({"prompt":"здравствуй"})"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(first_rule(row) == row.rule);
  }
}

TEST_CASE("text and structure must say the same", "[suite]") {
  const auto rule = [](std::string_view text, std::string_view structured) {
    return first_rule({"", with_text(text, ",\"structuredContent\":" + std::string(structured)), ""});
  };
  CHECK(rule(R"({"a":"one two three"})", R"({"a":"one two three"})").empty());
  CHECK(rule(R"({"a":"one two three"})", R"({"a":"four"})") == "structured");
  CHECK(rule(R"([1,2,3,4,5,6])", R"({"files":[1,2,3,4,5,6],"skipped":[]})").empty());
  CHECK(rule(R"([1,2,3,4,5,6])", R"({"files":[]})") == "structured");
  CHECK(rule("one two three", R"({"result":"one two three"})").empty());
}

TEST_CASE("an answer that never came is judged by why", "[suite]") {
  const auto judged = [](ErrorKind kind, Ending ending) {
    CaseCall call;
    call.tool = "chat";
    call.ending = ending;
    const auto findings = judge_call(call, Observed{fail(kind, "it is so")}, {});
    return findings.empty() ? Status::pass : findings.front().severity;
  };
  CHECK(judged(ErrorKind::invalid, Ending::success) == Status::fail);
  CHECK(judged(ErrorKind::invalid, Ending::refused) == Status::pass);
  CHECK(judged(ErrorKind::internal, Ending::refused) == Status::fail);
  CHECK(judged(ErrorKind::timeout, Ending::refused) == Status::fail);
  for (const ErrorKind kind : {ErrorKind::unreachable, ErrorKind::busy, ErrorKind::cancelled})
    CHECK(judged(kind, Ending::refused) == Status::unknown);
}

TEST_CASE("a call is late, or worth a warning", "[suite]") {
  CaseCall call;
  call.tool = "chat";
  call.limit = Millis{10'000};
  call.expected = Millis{5'000};
  const auto judged = [&](Millis time) {
    Observed seen{json(with_text("a whole answer"))};
    seen.duration = time;
    const auto findings = judge_call(call, seen, {});
    return findings.empty() ? Status::pass : findings.front().severity;
  };
  CHECK(judged(Millis{4'999}) == Status::pass);
  CHECK(judged(Millis{5'001}) == Status::warn);
  CHECK(judged(Millis{10'001}) == Status::fail);
  call.progress = 2;
  CHECK(judged(Millis{1}) == Status::fail);
}

TEST_CASE("after a cancellation the server goes on", "[suite]") {
  CaseCall call;
  call.ending = Ending::cancelled;
  Observed seen{fail(ErrorKind::cancelled, "the call was cancelled")};
  CHECK(judge_call(call, seen, {}).empty());
  seen.silence = make_error(ErrorKind::timeout, "no answer");
  CHECK(judge_call(call, seen, {}).size() == 1);
}

TEST_CASE("assertions compare values at places", "[suite]") {
  const ToolAnswer answer =
      read_answer(json(with_text(R"({"n":5,"t":"hällo","l":[1,{"a/b":2}],"o":{},"inner":"{\"x\":[7]}"})")));
  const auto holds = [&](std::string place, Assertion::Op op, const Json& value) {
    std::string why;
    return assertion_holds({std::move(place), op, value}, answer, why);
  };
  using enum Assertion::Op;
  CHECK(holds("/n", equals, 5));
  CHECK_FALSE(holds("/n", equals, "5"));
  CHECK(holds("/l/1/a~1b", equals, 2));
  CHECK(holds("/inner/x/0", equals, 7));
  CHECK_FALSE(holds("/l/2", exists, {}));
  CHECK(holds("/l/2", absent, {}));
  CHECK_FALSE(holds("/o", absent, {}));
  CHECK(holds("/t", contains, "llo"));
  CHECK(holds("/t", excludes, "x"));
  CHECK_FALSE(holds("/gone", excludes, "x"));
  CHECK(holds("/t", at_most, 5));
  CHECK_FALSE(holds("/t", at_least, 6));
  CHECK(holds("/l", at_least, 2));
  CHECK(holds("/n", type, "integer"));
  CHECK(holds("/o", type, "object"));
  CHECK(holds("/t", matches, "^h.+o$"));
  CHECK_FALSE(holds("/t", matches, "("));
  CHECK(holds("", contains, "\"n\":5"));
}

TEST_CASE("a finding never shows the secret that it found", "[suite]") {
  const std::string key = "sk-a8f3c1b2d4e5f60718293a4b5c6d";
  CaseCall call;
  call.tool = "chat";
  call.ending = Ending::success;
  for (const Finding& finding : judge_call(call, Observed{json(with_text("use " + key))}, {}))
    CHECK(finding.message.find(key) == std::string::npos);
}

TEST_CASE("what is shaped like a key", "[suite]") {
  CHECK(key_shaped("an ordinary sentence about sk-learn and hf_models").empty());
  CHECK(key_shaped("sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx").empty());
  CHECK(key_shaped("0a1b2c3d4e5f60718293a4b5c6d7e8f9.AbCdEfGhIjKl1234") == "a GLM key");
  CHECK(key_shaped("-----BEGIN RSA PRIVATE KEY-----") == "a private key");
  CHECK(key_shaped("(AKIAIOSFODNN7EXAMPLE)") == "an AWS key");
  CHECK_FALSE(
      key_shaped("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N").empty());
}

}  // namespace
}  // namespace exai::suite
