#include "models/providers/answer_reader.hpp"

#include "tests/catch.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

using namespace exai;
using models::AnswerReader;
using models::Completion;

namespace {

struct Outcome {
  std::string content, streamed, error, reasoning, reason, calls;
  ErrorKind kind = ErrorKind::internal;
  bool good = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome_of(AnswerReader& reader, const std::string& streamed) {
  Outcome outcome;
  const Result<Completion> answer = reader.end();
  outcome.streamed = streamed;
  outcome.good = answer.has_value();
  if (!answer) {
    outcome.error = answer.error().message;
    outcome.kind = answer.error().kind;
    return outcome;
  }
  outcome.content = answer->content;
  outcome.reasoning = answer->reasoning;
  outcome.reason = answer->finish_reason;
  for (const models::ToolCall& tool : answer->tools)
    outcome.calls += fmt::format("{}:{}({}) ", tool.id, tool.name, tool.arguments);
  return outcome;
}

/// The answer read from two pieces, cut at `cut`.
Outcome cut_at(std::string_view type, std::string_view body, std::size_t cut) {
  std::string streamed;
  AnswerReader reader([&](std::string_view text) { streamed += text; });
  reader.head(type);
  if (reader.feed(body.substr(0, cut))) (void)reader.feed(body.substr(cut));
  return outcome_of(reader, streamed);
}

Outcome byte_by_byte(std::string_view type, std::string_view body) {
  std::string streamed;
  AnswerReader reader([&](std::string_view text) { streamed += text; });
  reader.head(type);
  for (const char& byte : body)
    if (!reader.feed(std::string_view(&byte, 1))) break;
  return outcome_of(reader, streamed);
}

/// The same whatever the pieces, cut at each `step`th byte.
Outcome read(std::string_view body, std::string_view type = "text/event-stream", std::size_t step = 11) {
  Outcome whole = cut_at(type, body, body.size());
  for (std::size_t cut = 0; cut < body.size(); cut += step)
    if (!(cut_at(type, body, cut) == whole)) FAIL("cut at " << cut << ": " << body);
  REQUIRE(byte_by_byte(type, body) == whole);
  return whole;
}

std::string chunk(const std::string& delta, const std::string& reason = "null") {
  return R"({"model":"m","choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + reason + "}]}";
}
std::string event(const std::string& data) {
  return "data: " + data + "\n\n";
}
std::string content_event(const std::string& text) {
  return event(chunk(R"({"content":")" + text + R"("})"));
}
const std::string k_stop = event(chunk("{}", R"("stop")"));
const std::string k_done = "data: [DONE]\n\n";

std::string whole(const std::string& message, const std::string& reason = R"("stop")") {
  return R"({"model":"m","choices":[{"index":0,"message":)" + message + R"(,"finish_reason":)" + reason +
         "}]}";
}
Outcome plain(const std::string& message, const std::string& reason = R"("stop")") {
  return read(whole(message, reason), "application/json");
}

std::string with_ends(std::string text, std::string_view end) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + end.size()))
    text.replace(at, 1, end);
  return text;
}

}  // namespace

TEST_CASE("a stream gives the same answer whatever its chunks, line ends and other fields",
          "[provider][reader]") {
  const std::string emoji = content_event("wh\u00F6le-\U0001F600");
  const std::vector<std::string> streams{
      emoji + content_event(" answer") + k_stop + k_done,
      "\xEF\xBB\xBF" + emoji + content_event(" answer") + k_stop + k_done,
      ": hello\n\n" + emoji + ": ping\n" + content_event(" answer") + ":\n\n" + k_stop + k_done,
      "data:\n\n" + emoji + "data: \n\ndata\n\n" + content_event(" answer") + k_stop + k_done,
      "event: ping\ndata: 2026-11-27\n\n" + emoji + "event: ping\ndata: {\"type\":\"ping\"}\n\n" +
          content_event(" answer") + k_stop + k_done,
      "id: 1\nretry: 10\nevent: message\n" + emoji + "unknown: field\n" + content_event(" answer") + k_stop +
          k_done,
      emoji + "data: keep-alive\n\ndata: null\n\ndata: 1\n\n" + content_event(" answer") + k_stop + k_done,
      emoji + "data: {\"model\":\"m\",\ndata: \"choices\":[{\"delta\":{\"content\":\" answer\"}}]}\n\n" +
          k_stop + k_done,
      "\n\n\n" + emoji + content_event(" answer") + k_stop + "data:[DONE]\n\n",
      emoji + content_event(" answer") + k_stop,                               // no [DONE]
      emoji + content_event(" answer") + k_stop.substr(0, k_stop.size() - 2),  // nor a last blank line
      emoji + content_event(" answer") + "data: [DONE]",                       // nor a reason
      emoji + content_event(" answer") + k_stop + k_done + "data: {\"broken",  // what comes after the end
      emoji + event(R"({"choices":[],"usage":{"prompt_tokens":1}})") + content_event(" answer") + k_stop +
          k_done,
      emoji + "event: chunk\n" + content_event(" answer") + k_stop + "event: done\n" + k_done,
  };
  const std::string end = GENERATE("\n", "\r\n", "\r");
  CAPTURE(end);
  for (const std::string& stream : streams) {
    CAPTURE(stream);
    const Outcome outcome = read(with_ends(stream, end), "text/event-stream", 1);
    for (const char* const type : {"Text/Event-Stream; charset=utf-8", "", "text/plain"})
      CHECK(byte_by_byte(type, with_ends(stream, end)) == outcome);
    CHECK(outcome.error == "");
    CHECK(outcome.content == "wh\u00F6le-\U0001F600 answer");
    CHECK(outcome.streamed == outcome.content);
  }
}

TEST_CASE("a stream that fails says how", "[provider][reader]") {
  const Outcome named =
      read(content_event("half") + "event: error\ndata: {\"error\":{\"message\":\"no GPU left\"}}\n\n");
  CHECK(named.error.find("no GPU left") != std::string::npos);
  CHECK(named.streamed == "half");
  CHECK(read("event: error\ndata: overloaded\ndata: badly\n\n").error.find("overloaded badly") !=
        std::string::npos);
  CHECK(read(content_event("half") + event(R"({"error":{"message":"slow down","code":429}})")).kind ==
        ErrorKind::busy);
  CHECK(read(content_event("half") + event(R"({"code":500,"msg":"it broke"})")).error.find("it broke") !=
        std::string::npos);
  const Outcome cut = read(content_event("half"));
  CHECK(cut.kind == ErrorKind::provider);
  CHECK(cut.error == "the stream ended early, after 4 characters");
  CHECK(read(content_event("half") + "data: {\"choices\": [").error ==
        "the stream ended early, after 4 characters");
  CHECK(read(content_event("half") + event("Internal Server Error")).error ==
        "the stream ended early, after 4 characters; it said: Internal Server Error");
  CHECK(read(event("{\"choices\": [")).error.find("makes no sense") != std::string::npos);
  CHECK(read("").error == "the stream held no event");
  CHECK(read(": only comments\n\n").error == "the stream held no event");
  CHECK(read(k_stop + k_done).error.find("answered nothing") != std::string::npos);
}

TEST_CASE("a JSON document is read whole, after blanks and in any chunks", "[provider][reader]") {
  const std::string document = whole(R"({"content":"whole answer"})");
  for (const std::string before : {"", "\n\n \n", "\r\n\t", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n"})
    for (const char* const type : {"application/json", "application/json; charset=utf-8", "text/json", "",
                                   "text/plain", "application/octet-stream", "application/vnd.api+json"}) {
      CAPTURE(before, type);
      const Outcome outcome = read(before + document + "\n", type);
      CHECK(outcome.error == "");
      CHECK(outcome.content == "whole answer");
      CHECK(outcome.streamed == "whole answer");
    }
  for (const char* const type : {"text/html", "", "text/plain", "image/png", "application/xml"}) {
    const Outcome page =
        read("<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title></head></html>", type);
    CAPTURE(type);
    CHECK(page.kind == ErrorKind::provider);
    CHECK(page.error.find("502 Bad Gateway") != std::string::npos);
    CHECK(page.error.find('\n') == std::string::npos);
  }
}

TEST_CASE("content is text, parts, or an error that says why there is none", "[provider][reader]") {
  struct Row {
    std::string message, content, reasoning;
  };
  const std::vector<Row> rows{
      {R"({"content":"a b"})", "a b", ""},
      {R"({"content":[{"type":"text","text":"a"},{"type":"text","text":" b"}]})", "a b", ""},
      {R"({"content":["a"," b"]})", "a b", ""},
      {R"({"content":{"type":"text","text":"a b"}})", "a b", ""},
      {R"({"content":[{"type":"output_text","text":{"value":"a b"}}]})", "a b", ""},
      {R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a b"}]})",
       "a b", "hm"},
      {R"({"content":[{"type":"reasoning","text":"hm"},{"type":"image_url","image_url":{"url":"x"}},{"text":"a b"}]})",
       "a b", "hm"},
      {R"({"content":"a b","reasoning":"hm"})", "a b", "hm"},
      {R"({"content":"a b","reasoning_content":"hm","reasoning":"hm"})", "a b", "hm"},
      {R"({"content":"a b","refusal":null,"tool_calls":null,"function_call":null})", "a b", ""},
      {R"({"content":"a \ud83d b"})", "a \uFFFD b", ""},
      {R"({"content":"a \uDE00\ud83d\ude00 \\ud83d"})", "a \uFFFD\U0001F600 \\ud83d", ""},
      {"{\"content\":\"a \xFF b\"}", "a \uFFFD b", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const Outcome once = plain(row.message);
    CHECK(once.error == "");
    CHECK(once.content == row.content);
    CHECK(once.reasoning == row.reasoning);
    const Outcome streamed = read(event(chunk(row.message)) + k_stop + k_done);
    CHECK(streamed.content == row.content);
    CHECK(streamed.streamed == row.content);
    CHECK(streamed.reasoning == row.reasoning);
  }
}

TEST_CASE("an answer without text is never a success", "[provider][reader]") {
  struct Row {
    std::string message, reason, text;
    ErrorKind kind;
  };
  const std::vector<Row> rows{
      {R"({"content":null,"refusal":"I cannot help"})", "stop", "I cannot help", ErrorKind::refused},
      {R"({"content":"","refusal":"I cannot help"})", "stop", "I cannot help", ErrorKind::refused},
      {R"({"content":[{"type":"refusal","refusal":"I cannot help"}]})", "stop", "I cannot help",
       ErrorKind::refused},
      {R"({"content":null})", "stop", "answered nothing", ErrorKind::provider},
      {R"({"content":""})", "stop", "answered nothing", ErrorKind::provider},
      {R"({"content":" \n"})", "stop", "answered nothing", ErrorKind::provider},
      {R"({"content":[]})", "stop", "answered nothing", ErrorKind::provider},
      {R"({"role":"assistant"})", "stop", "answered nothing", ErrorKind::provider},
      {R"({"content":null,"tool_calls":[]})", "tool_calls", "answered nothing", ErrorKind::provider},
      {R"({"content":null})", "length", "cut at the output limit", ErrorKind::provider},
      {R"({"content":"","reasoning_content":"so"})", "length", "thought until", ErrorKind::provider},
      {R"({"content":null})", "content_filter", "withheld", ErrorKind::refused},
      {R"({"content":null})", "sensitive", "withheld", ErrorKind::refused},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message, row.reason);
    const std::string reason = '"' + row.reason + '"';
    for (const Outcome& outcome : {plain(row.message, reason),
                                   read(event(chunk(row.message)) + event(chunk("{}", reason)) + k_done)}) {
      CHECK_FALSE(outcome.good);
      CHECK(outcome.kind == row.kind);
      CHECK(outcome.error.find(row.text) != std::string::npos);
    }
  }
}

TEST_CASE("an error with status 200 is reported in the provider's words, in any format",
          "[provider][reader]") {
  const std::vector<std::string> dialects{
      R"({"code":500,"msg":"404 NOT_FOUND","success":false})",
      R"({"code":"1210","message":"404 NOT_FOUND"})",
      R"({"success":false,"message":"404 NOT_FOUND"})",
      R"({"success":false,"msg":"404 NOT_FOUND","code":0})",
      R"({"error":{"message":"404 NOT_FOUND","type":"invalid_request_error"}})",
      R"({"error":{"error":{"message":"404 NOT_FOUND"}}})",
      R"({"error":"404 NOT_FOUND"})",
      R"({"error":true,"message":"404 NOT_FOUND"})",
      R"([{"error":{"code":400,"message":"404 NOT_FOUND","status":"INVALID_ARGUMENT"}}])",
      R"({"errors":["404 NOT_FOUND"]})",
      R"({"errors":[{"message":"404 NOT_FOUND"}]})",
      R"({"errors":{"path":["404 NOT_FOUND"],"message":"404 NOT_FOUND"}})",
      R"({"detail":"404 NOT_FOUND"})",
      R"({"detail":[{"loc":["body"],"msg":"404 NOT_FOUND"}]})",
      R"({"object":"error","message":"404 NOT_FOUND","code":40303})",
      R"({"type":"error","error":{"type":"overloaded","message":"404 NOT_FOUND"}})",
      R"({"status":"error","message":"404 NOT_FOUND"})",
      R"({"error_code":110,"error_msg":"404 NOT_FOUND"})",
      R"({"base_resp":{"status_code":1004,"status_msg":"404 NOT_FOUND"}})",
      R"({"Response":{"Error":{"Code":"X","Message":"404 NOT_FOUND"}}})",
      R"({"message":"404\nNOT_FOUND"})",
      R"({"error":{"message":"404 NOT_FOUND"},"choices":[{"message":{"content":"x"}}]})",
      R"({"choices":[],"code":400,"msg":"404 NOT_FOUND"})",
      R"({"choices":null,"error":{"message":"404 NOT_FOUND"}})",
  };
  for (const std::string& body : dialects) {
    CAPTURE(body);
    const Outcome once = read(body, "application/json");
    CHECK_FALSE(once.good);
    CHECK(once.error.find("404 NOT_FOUND") != std::string::npos);
    CHECK(read(event(body)).error.find("404 NOT_FOUND") != std::string::npos);
  }
  // Members that only look like one.
  for (const char* const extra :
       {R"("error":null)", R"("error":"")", R"("error":{})", R"("errors":[])", R"("code":0,"msg":"success")",
        R"("code":200,"msg":"ok")", R"("success":true,"message":"fine")", R"("status":"completed")",
        R"("base_resp":{"status_code":0,"status_msg":""})", R"("detail":"x")"}) {
    CAPTURE(extra);
    const std::string body = std::string("{") + extra + R"(,"choices":[{"message":{"content":"fine"}}]})";
    CHECK(read(body, "application/json").content == "fine");
  }
  CHECK(read(R"({"code":401,"msg":"token expired"})", "application/json").kind == ErrorKind::config);
  CHECK(read(R"({"error":{"code":"429","message":"slow"}})", "application/json").kind == ErrorKind::busy);
  CHECK(read(R"({"hello":1})", "application/json").error.find("choices") != std::string::npos);
}

TEST_CASE("tool call deltas are joined by their index or id", "[provider][reader]") {
  const auto call = [](const std::string& more, const std::string& name, const std::string& arguments) {
    return "{" + more + R"("function":{"name":")" + name + R"(","arguments":)" + arguments + "}}";
  };
  const auto delta = [](const std::string& calls) {
    return event(chunk("{\"tool_calls\":[" + calls + "]}"));
  };
  const std::string rome = R"("{\"city\":\"Rome\"}")", cet = R"("{\"tz\":\"CET\"}")";
  const std::string head = R"("{\"city\":")", tail = R"("\"Rome\"}")";
  const std::string two = R"(t1:weather({"city":"Rome"}) t2:time({"tz":"CET"}) )";
  const std::string one = R"(t1:weather({"city":"Rome"}) )";
  const std::vector<std::pair<std::string, std::string>> streams{
      {delta(call(R"("index":0,"id":"t1",)", "weather", rome) + "," +
             call(R"("index":1,"id":"t2",)", "time", cet)),
       two},
      {delta(call(R"("id":"t1",)", "weather", rome)) + delta(call(R"("id":"t2",)", "time", cet)), two},
      {delta(call(R"("index":0,"id":"t1",)", "weather", rome)) +
           delta(call(R"("index":0,"id":"t2",)", "time", cet)),
       two},
      {delta(call(R"("index":1,"id":"t1",)", "weather", rome)) +
           delta(call(R"("index":2,"id":"t2",)", "time", cet)),
       two},
      {delta(call(R"("index":0,"id":"t1",)", "weather", head)) + delta(call(R"("index":0,)", "", tail)), one},
      {delta(call(R"("index":0,"id":"t1",)", "weather", head)) +
           delta(call(R"("index":0,"id":"",)", "", tail)),
       one},
      {delta(call(R"("index":0,"id":"t1",)", "weather", head)) +
           delta(call(R"("index":0,"id":"t1",)", "weather", tail)),
       one},
      {delta(call(R"("id":"t1",)", "weather", head)) + delta(call("", "", tail)), one},
      {delta(call(R"("index":0,"id":"t1",)", "weather", head)) +
           delta(call(R"("index":1,"id":"t2",)", "time", cet)) + delta(call(R"("index":0,)", "", tail)),
       two},
      {delta(call(R"("index":0,)", "weather", rome)) + delta(call(R"("index":0,)", "time", cet)),
       R"(call_1:weather({"city":"Rome"}) call_2:time({"tz":"CET"}) )"},
      {delta(call("", "weather", rome)) + delta(call("", "time", cet)),
       R"(call_1:weather({"city":"Rome"}) call_2:time({"tz":"CET"}) )"},
      {delta(call(R"("index":0,"id":"t1",)", "weather", R"({"city":"Rome"})")), one},
      {delta(call(R"("index":0,"id":"t1",)", "weather", "null")), "t1:weather({}) "},
      {event(chunk(R"({"function_call":{"name":"weather","arguments":)" + head + "}}")) +
           event(chunk(R"({"function_call":{"arguments":)" + tail + "}}")),
       R"(call_1:weather({"city":"Rome"}) )"},
  };
  for (const auto& [stream, calls] : streams) {
    CAPTURE(stream);
    const Outcome outcome = read(stream + event(chunk("{}", R"("tool_calls")")) + k_done);
    CHECK(outcome.error == "");
    CHECK(outcome.calls == calls);
  }
  const auto once = [&](const std::string& calls) {
    return plain(R"({"content":null,"tool_calls":)" + calls + "}");
  };
  CHECK(once("[" + call(R"("id":"t1",)", "weather", R"({"city":"Rome"})") + "]").calls == one);
  CHECK(once("[" + call(R"("id":"t1",)", "weather", rome) + "," + call(R"("id":"t2",)", "time", cet) + "]")
            .calls == two);
  CHECK(once("[" + call(R"("index":0,"id":"t1",)", "weather", rome) + "," +
             call(R"("index":0,"id":"t2",)", "time", cet) + "]")
            .calls == two);
  CHECK(once(call(R"("id":"t1",)", "weather", rome)).calls == one);
}

TEST_CASE("reading stops at an answer larger than allowed", "[provider][reader]") {
  for (const char* const type : {"text/event-stream", "application/json", "text/html", ""}) {
    AnswerReader reader({}, 100);
    reader.head(type);
    CHECK(reader.feed(std::string(100, '{')));
    CHECK_FALSE(reader.feed("{"));
    CHECK(reader.too_large());
  }
}
