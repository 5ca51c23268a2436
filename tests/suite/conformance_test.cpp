// What servers answer, and what they say of their tools: each fault is found at its place, and what is right
// is left alone.
#include "suite/derive/conformance.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"
#include "tests/suite/surfaces.hpp"

#include <algorithm>

using namespace exai;
using namespace exai::suite;

namespace {

Json read(std::string_view text) {
  auto parsed = parse_json(text, k_file_depth);
  REQUIRE(parsed);
  return std::move(*parsed);
}

/// "error content.base64 /content/0/data", a line each.
std::string told(const std::vector<ConformanceFinding>& findings) {
  std::string lines;
  for (const ConformanceFinding& finding : findings) {
    lines += finding.severity == ConformanceSeverity::error ? "error " : "warning ";
    lines += finding.rule + " " + finding.pointer + "\n";
    CHECK(finding.message.size() > 20);
    CHECK(finding.message == printable(finding.message));
  }
  return lines;
}

std::string of_result(const char* result, const char* entry = R"({"name": "t"})", const char* revision = "") {
  ConformanceOptions options;
  options.revision = revision;
  return told(ToolJudge(read(entry), options).result(read(result)));
}

struct Row {
  const char* judged;
  const char* findings;
};

constexpr Row k_items[] = {
    {R"({"type": "text", "text": "x"})", ""},
    {R"({"type": "text", "text": ""})", ""},
    {R"({"type": "text"})", "error content.text /content/0\n"},
    {R"({"type": "text", "text": 5})", "error content.text /content/0/text\n"},
    {R"({"text": "x"})", "error content.type /content/0\n"},
    {R"({"type": 5})", "error content.type /content/0/type\n"},
    {R"("x")", "error content.object /content/0\n"},
    {R"({"type": "json", "json": {}})", "warning content.type /content/0/type\n"},
    {R"({"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/png"})", ""},
    {R"({"type": "image", "data": "data:image/png;base64,iVBORw0KGgo=", "mimeType": "image/png"})",
     "error content.base64 /content/0/data\n"},
    {R"({"type": "image", "data": "iVBORw0KGgo", "mimeType": "image/png"})",
     "error content.base64 /content/0/data\n"},
    {R"({"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/jpeg"})",
     "warning content.magic /content/0/data\n"},
    {R"({"type": "image", "data": "iVBORw0KGgo=", "mimeType": "png"})",
     "error content.mime-type /content/0/mimeType\n"},
    {R"({"type": "image", "data": "iVBORw0KGgo=", "mimeType": "text/plain"})",
     "warning content.mime-type /content/0/mimeType\n"},
    {R"({"type": "image"})", "error content.base64 /content/0\nerror content.mime-type /content/0\n"},
    {R"({"type": "audio", "data": "UklGRg==", "mimeType": "audio/wav"})", ""},
    {R"({"type": "audio", "data": "UklGRg==", "mimeType": "video/mp4"})",
     "warning content.mime-type /content/0/mimeType\n"},
    {R"({"type": "resource", "resource": {"uri": "test://a", "text": ""}})", ""},
    {R"({"type": "resource", "resource": {"uri": "test://a", "blob": "AA=="}})", ""},
    {R"({"type": "resource", "resource": {"uri": "test://a", "blob": "A"}})",
     "error content.base64 /content/0/resource/blob\n"},
    {R"({"type": "resource", "resource": {"uri": "/a", "text": 7}})",
     "error content.uri /content/0/resource/uri\nerror content.resource /content/0/resource/text\n"},
    {R"({"type": "resource", "resource": {"uri": "test://a"}})",
     "error content.resource /content/0/resource\n"},
    {R"({"type": "resource"})", "error content.resource /content/0\n"},
    {R"({"type": "resource_link", "uri": "file:///a", "name": "a", "size": 5, "mimeType": "text/html; charset=utf-8"})",
     ""},
    {R"({"type": "resource_link", "uri": "file:///a", "size": "5"})",
     "error content.link /content/0\nerror content.link /content/0/size\n"},
    {R"({"type": "text", "text": "x", "_meta": 1})", "error meta.object /content/0/_meta\n"},
    {R"({"type": "text", "text": "x", "annotations": {"audience": ["user", "assistant"], "priority": 0.5}})",
     ""},
    {R"({"type": "text", "text": "x", "annotations": {"audience": "user", "priority": 2}})",
     "error content.annotations /content/0/annotations/audience\n"
     "error content.annotations /content/0/annotations/priority\n"},
};

}  // namespace

TEST_CASE("items of content are judged by their type", "[suite][conformance]") {
  for (const Row& row : k_items) {
    INFO(row.judged);
    CHECK(of_result((R"({"content": [)" + std::string(row.judged) + "]}").c_str()) == row.findings);
  }
}

TEST_CASE("results are judged as a whole", "[suite][conformance]") {
  const Row table[] = {
      {R"({"content": []})", ""},
      {R"({"content": [], "isError": true})", "warning result.silent-error /content\n"},
      {R"({"content": [], "isError": "true"})", "error result.is-error /isError\n"},
      {R"({"content": [], "isError": null})", "error result.is-error /isError\n"},
      {R"({"content": "x"})", "error result.content /content\n"},
      {R"({})", "error result.content \n"},
      {R"([])", "error result.object \n"},
      {"null", "error result.object \n"},
      {R"({"content": [], "_meta": []})", "error meta.object /_meta\n"},
      {R"({"content": [{"type": "text", "text": "a\ufffdb"}]})", "warning text.replaced /content/0/text\n"},
  };
  for (const Row& row : table) {
    INFO(row.judged);
    CHECK(of_result(row.judged) == row.findings);
  }
  const ToolJudge judge(Json{{"name", "t"}});
  CHECK(told(judge.result({{"content", {{{"type", "text"}, {"text", "\xff"}}}}})) ==
        "error text.utf-8 /content/0/text\n");
  ConformanceOptions small;
  small.max_bytes = 100;
  CHECK(told(ToolJudge(Json{{"name", "t"}}, small)
                 .result({{"content", {{{"type", "text"}, {"text", std::string(200, 'x')}}}}})) ==
        "warning result.size \n");
}

TEST_CASE("structured content is held against the tool's own outputSchema", "[suite][conformance]") {
  constexpr const char* k_entry =
      R"({"name": "t", "outputSchema": {"type": "object", "required": ["n"],
          "properties": {"n": {"type": "integer"}, "when": {"type": "string", "format": "date", "pattern": "^x"}}}})";
  const Row table[] = {
      {R"({"content": [{"type": "text", "text": "{\"n\": 1}"}], "structuredContent": {"n": 1}})", ""},
      {R"({"content": [{"type": "text", "text": "one"}], "structuredContent": {"n": 1}})",
       "warning structured.mirror /content\n"},
      {R"({"content": [{"type": "text", "text": "{\"n\":\"1\"}"}], "structuredContent": {"n": "1"}})",
       "error structured.schema /structuredContent/n\n"},
      {R"({"content": [{"type": "text", "text": "{}"}], "structuredContent": {}})",
       "error structured.schema /structuredContent/n\n"},
      {R"({"content": []})", "error structured.missing \n"},
      {R"({"content": [{"type": "text", "text": "no"}], "isError": true})", ""},
      {R"({"content": [{"type": "text", "text": "no"}], "isError": true, "structuredContent": {"why": 1}})",
       ""},
      {R"({"content": [{"type": "text", "text": "[1]"}], "structuredContent": [1]})",
       "error structured.object /structuredContent\n"},
      {R"({"content": [{"type": "text", "text": "null"}], "structuredContent": null})",
       "error structured.object /structuredContent\n"},
  };
  for (const Row& row : table) {
    INFO(row.judged);
    CHECK(of_result(row.judged, k_entry) == row.findings);
  }
  // Before there was structured content nobody had to send it; since 2026-07-28 it is any JSON.
  CHECK(of_result(R"({"content": []})", k_entry, "2024-11-05").empty());
  CHECK(of_result(R"({"content": [{"type": "text", "text": "[1]"}], "structuredContent": [1]})",
                  R"({"name": "t", "outputSchema": {"type": "array"}})", "2026-07-28")
            .empty());
  CHECK(of_result(R"({"content": [{"type": "audio", "data": "", "mimeType": "audio/x"}]})",
                  R"({"name": "t"})", "2024-11-05") == "warning content.type /content/0/type\n");
  CHECK(ToolJudge(read(k_entry)).unjudged().empty());
  CHECK(ToolJudge(read(R"({"outputSchema": {"type": "object", "propertyNames": {}}})")).unjudged().size() ==
        1);
}

TEST_CASE("entries of tools/list are judged", "[suite][conformance]") {
  const Row table[] = {
      {R"({"name": "t", "inputSchema": {"type": "object"}})", ""},
      {R"({"name": "a.b-c_D9", "title": "T", "description": "D", "inputSchema": {"type": "object"},
          "outputSchema": {"type": "object"}, "annotations": {"title": "T", "readOnlyHint": true},
          "execution": {"taskSupport": "optional"}, "icons": [{"src": "data:,"}], "_meta": {}})",
       ""},
      {R"(5)", "error tool.object \n"},
      {R"({"inputSchema": {"type": "object"}})", "error tool.name \n"},
      {R"({"name": "", "inputSchema": {"type": "object"}})", "error tool.name /name\n"},
      {R"({"name": "a b", "inputSchema": {"type": "object"}})", "warning tool.name /name\n"},
      {R"({"name": "é", "inputSchema": {"type": "object"}})", "warning tool.name /name\n"},
      {R"({"name": "t"})", "error tool.schema \n"},
      {R"({"name": "t", "inputSchema": true})", "error tool.schema /inputSchema\n"},
      {R"({"name": "t", "inputSchema": {}})", "error tool.schema /inputSchema/type\n"},
      {R"({"name": "t", "inputSchema": {"type": "object", "properties": {"a/b": {"type": "text"}}}})",
       "error tool.schema /inputSchema/properties/a~1b/type\n"},
      {R"({"name": "t", "inputSchema": {"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}})",
       "error tool.schema /inputSchema/properties/a/$ref\n"},
      {R"({"name": "t", "inputSchema": {"type": "object", "required": ["a"], "additionalProperties": false}})",
       "error tool.schema /inputSchema/required\n"},
      {R"({"name": "t", "inputSchema": {"type": "object"}, "outputSchema": {"type": "array"}})",
       "error tool.schema /outputSchema/type\n"},
      {R"({"name": "t", "inputSchema": {"type": "object"}, "outputSchema": null})",
       "error tool.schema /outputSchema\n"},
      {R"({"name": "t", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": "yes"}})",
       "error tool.annotations /annotations/readOnlyHint\n"},
      {R"({"name": "t", "inputSchema": {"type": "object"}, "annotations": []})",
       "error tool.annotations /annotations\n"},
      {R"({"name": "t", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true, "destructiveHint": true}})",
       "warning tool.annotations /annotations\n"},
      {R"({"name": "t", "inputSchema": {"type": "object"}, "description": null})",
       "error tool.text /description\n"},
      {R"({"name": "t", "inputSchema": {"type": "object"}, "execution": {"taskSupport": "maybe"}})",
       "error tool.execution /execution/taskSupport\n"},
      {R"({"name": "t", "inputSchema": {"type": "object"}, "icons": [{}, 5]})",
       "error tool.icons /icons/0\nerror tool.icons /icons/1\n"},
  };
  for (const Row& row : table) {
    INFO(row.judged);
    CHECK(told(ToolJudge(read(row.judged)).entry()) == row.findings);
  }
  CHECK(told(ToolJudge({{"name", std::string(129, 'a')}, {"inputSchema", {{"type", "object"}}}}).entry()) ==
        "warning tool.name /name\n");
  ConformanceOptions stateless;
  stateless.revision = "2026-07-28";
  CHECK(ToolJudge(
            read(R"({"name": "t", "inputSchema": {"type": "object"}, "outputSchema": {"type": "array"}})"),
            stateless)
            .entry()
            .empty());
}

TEST_CASE("errors of JSON-RPC are judged", "[suite][conformance]") {
  const Row table[] = {
      {R"({"code": -32602, "message": "m", "data": []})", ""},
      {R"({"code": -32603, "message": "m"})", "warning error.internal /code\n"},
      {R"({"code": "-32602", "message": "m"})", "error error.code /code\n"},
      {R"({"code": -32602.5, "message": "m"})", "error error.code /code\n"},
      {R"({"code": -32602})", "error error.message \n"},
      {R"("m")", "error error.object \n"},
  };
  for (const Row& row : table) {
    INFO(row.judged);
    CHECK(told(judge_rpc_error(read(row.judged))) == row.findings);
  }
  CHECK(has_errors(judge_rpc_error(read("{}"))));
  CHECK_FALSE(has_errors(judge_rpc_error(read(R"({"code": -32603, "message": "m"})"))));
}

TEST_CASE("a refusal in the words of one for right arguments says nothing of the arguments",
          "[suite][conformance]") {
  const auto refusal = [](const char* text) {
    return Json{{"isError", true}, {"content", {{{"type", "text"}, {"text", text}}}}};
  };
  const Json success{{"content", Json::array()}};
  CHECK(same_refusal(refusal("connection refused after 12 ms"), refusal("connection refused after 7 ms")));
  CHECK_FALSE(same_refusal(refusal("connection refused"), refusal("path must be a string")));
  CHECK_FALSE(same_refusal(success, success));
  CHECK_FALSE(same_refusal(success, refusal("path must be a string")));
  CHECK(same_refusal({{"code", 1}, {"message", "m"}}, {{"code", 1}, {"message", "m"}}));
  CHECK_FALSE(same_refusal({{"code", 1}, {"message", "m"}}, refusal("m")));
  CHECK_FALSE(same_refusal(5, nullptr));
}

TEST_CASE("the entries of published servers have no faults but those known of them", "[suite][conformance]") {
  const Json rows = read(tests::source_text("tests/suite/tool_schemas.json"));
  for (const Json& entry : rows) {
    const std::string server = text_of(entry, "server");
    if (server == "mcp-obsidian" || server == "modelcontextprotocol-server-gitlab") continue;  // no "type"
    INFO(server << " " << text_of(entry, "name"));
    CHECK(told(ToolJudge(entry).entry()).empty());
  }
}

TEST_CASE("answers of every shape and depth are judged, within a bound of findings", "[suite][conformance]") {
  const ToolJudge judge(read(R"({"outputSchema": {"anyOf": [{"$ref": "#"}, {"items": {"$ref": "#"}},
                                                           {"items": {"$ref": "#"}}]}})"));
  Json deep = {{"content", Json::array()}};
  deep["structuredContent"]["a"] = tests::nested(5000);
  CHECK(judge.result(deep).size() <= 100);
  Json many{{"content", Json::array()}};
  for (int i = 0; i < 10'000; ++i) many["content"].push_back({{"type", i}});
  CHECK(judge.result(many).size() == 100);
  const Json shapes[] = {nullptr,
                         true,
                         1,
                         "x",
                         Json::array({1}),
                         {{"content", {{{"type", "text"}}, nullptr, 5, Json::array()}}},
                         {{"content", {{{"type", "resource"}, {"resource", Json::array()}}}}}};
  for (const Json& shape : shapes) {
    CHECK_FALSE(judge.result(shape).empty());
    (void)ToolJudge(shape).entry();
    (void)judge_rpc_error(shape);
  }
}
