// The era router and the ladder of the stateless revision, row by row.
// Whoever changes a rung finds the row here.
#include "serve/mcp/dispatcher.hpp"
#include "serve/mcp/state_seal.hpp"
#include "serve/mcp/stateless_checks.hpp"
#include "tests/catch.hpp"

using namespace exai;
using namespace exai::engine;
using namespace exai::mcp;
using namespace exai::serve::mcp;
using namespace exai::serve::net;
using namespace exai::tools;

namespace {

Result<CallAnswer> nothing(const Json&, CallContext&) {
  return ToolOutput{};
}

const Tool k_greet{.id = "greet",
                   .description = "greets",
                   .input_schema = R"({"type":"object","properties":{"name":{"type":"string"}}})",
                   .run = nothing};
const Tool k_headers{
    .id = "headers",
    .description = "has arguments in headers",
    .input_schema = R"({"type":"object","properties":{"p":{"type":"string","x-mcp-header":"H"},
      "n":{"type":"integer","x-mcp-header":"N"},"b":{"type":"boolean","x-mcp-header":"B"},
      "deep":{"type":"object","properties":{"q":{"type":"string","x-mcp-header":"Q"}}}}})",
    .run = nothing};
const Tool k_task{.id = "task",
                  .description = "a task",
                  .input_schema = R"({"type":"object"})",
                  .task = TaskUse::required,
                  .run = nothing};

const Dispatcher& dispatcher() {
  static const McpWriter k_wire({"exai", "1", ""});
  static const CurrentCatalogue k_catalogue(
      Catalogue::from(k_wire, lasting({&k_greet, &k_headers, &k_task}), {}, {},
                      {{{"test://a", "a", "A", "a text", "text/plain", "alpha"}}, 1})
          .value());
  static const Dispatcher k_dispatcher(k_catalogue, k_wire);
  return k_dispatcher;
}

constexpr const char* k_claim = R"("io.modelcontextprotocol/protocolVersion":"2026-07-28")";
constexpr const char* k_capable = R"("io.modelcontextprotocol/clientCapabilities":{})";

using Headers = std::vector<std::pair<std::string_view, std::string_view>>;

/// A request with a whole envelope; `more` are further members of params, each with a comma after it.
std::string modern(const std::string& method, const std::string& more = {}) {
  return R"({"jsonrpc":"2.0","id":"r","method":")" + method + R"(","params":{)" + more + R"("_meta":{)" +
         k_claim + "," + k_capable + "}}}";
}

Headers headers(std::string_view method, std::string_view name = {}) {
  Headers list{{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}};
  if (!name.empty()) list.emplace_back("Mcp-Name", name);
  return list;
}

Action act(const std::string& text, const Headers& given, Scope scope = Scope::admin) {
  auto message = read_message(text);
  REQUIRE(message);
  HttpRequest request;
  request.headers = given;
  Peer peer;
  peer.id = "x1";
  peer.principal = {"k", scope};
  const RequestContext context = read_context(*message, Era::stateless, peer);
  return dispatcher().dispatch(std::move(*message), context, &request);
}

struct Verdict {
  int http = 0, code = 0;  // code 0: a result
  Json body;
};

Verdict judge(const std::string& text, const Headers& given, Scope scope = Scope::admin) {
  const Action action = act(text, given, scope);
  Verdict verdict;
  if (!std::holds_alternative<SendAnswer>(action)) return {200, 0, nullptr};
  const auto& sent = std::get<SendAnswer>(action);
  verdict.http = sent.http;
  verdict.body = parse_json(sent.message).value();
  if (verdict.body.contains("error")) verdict.code = verdict.body["error"]["code"].get<int>();
  return verdict;
}

void expect(const Verdict& verdict, int http, int code) {
  CHECK(verdict.http == http);
  CHECK(verdict.code == code);
  if (code != 0) CHECK(verdict.body["id"] == "r");
}

Era route(const std::string& text, std::string_view header) {
  const auto message = read_message(text);
  REQUIRE(message);
  return era_of(*message, header);
}

}  // namespace

TEST_CASE("the body decides the revision, the header only where the body says nothing", "[serve][router]") {
  const std::string claim = modern("tools/list");
  const std::string plain = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
  const std::string initialize =
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2026-07-28"}})";
  const std::string response = R"({"jsonrpc":"2.0","id":1,"result":{}})";
  CHECK(route(claim, "2026-07-28") == Era::stateless);
  CHECK(route(claim, "") == Era::stateless);  // a pipe, or a forgotten header: the ladder says so
  CHECK(route(claim, "2025-11-25") == Era::stateless);
  CHECK(route(plain, "2026-07-28") == Era::stateless);
  CHECK(route(plain, "v999.0.0") == Era::stateless);
  for (const char* version : {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", ""})
    CHECK(route(plain, version) == Era::session);
  CHECK(route(initialize, "") == Era::session);
  CHECK(route(initialize, "2025-11-25") == Era::session);
  CHECK(route(response, "2025-11-25") == Era::session);
  CHECK(route(response, "2026-07-28") == Era::stateless);
}

TEST_CASE("order of checks: _meta first", "[serve][ladder]") {
  const auto with_meta = [](const std::string& meta) {
    return R"({"jsonrpc":"2.0","id":"r","method":"server/discover","params":{"_meta":{)" + meta + "}}}";
  };
  const Headers good = headers("server/discover");
  expect(judge(R"({"jsonrpc":"2.0","id":"r","method":"server/discover","params":{}})", good), 400,
         k_invalid_params);
  expect(judge(R"({"jsonrpc":"2.0","id":"r","method":"server/discover"})", good), 400, k_invalid_params);
  expect(judge(with_meta(k_capable), good), 400, k_invalid_params);
  expect(judge(with_meta(k_claim), good), 400, k_invalid_params);
  expect(judge(with_meta(std::string(k_claim) + R"(,"io.modelcontextprotocol/clientCapabilities":[])"), good),
         400, k_invalid_params);
  expect(judge(with_meta(std::string(k_claim) + "," + k_capable +
                         R"(,"io.modelcontextprotocol/logLevel":"loud")"),
               good),
         400, k_invalid_params);
  // clientInfo is optional.
  expect(judge(with_meta(std::string(k_claim) + "," + k_capable), good), 200, 0);
}

TEST_CASE("order of checks: headers mirror the body", "[serve][ladder]") {
  const std::string list = modern("tools/list");
  const std::string call = modern("tools/call", R"("name":"greet",)");
  expect(judge(list, {{"Mcp-Method", "tools/list"}}), 400, k_header_mismatch);
  expect(judge(list, {{"MCP-Protocol-Version", "2025-11-25"}, {"Mcp-Method", "tools/list"}}), 400,
         k_header_mismatch);
  expect(judge(list, {{"MCP-Protocol-Version", "2026-07-28"}}), 400, k_header_mismatch);
  expect(judge(list, headers("TOOLS/LIST")), 400, k_header_mismatch);
  expect(judge(list, headers("tools/call")), 400, k_header_mismatch);
  Headers twice = headers("tools/list");
  twice.emplace_back("mcp-method", "tools/list");
  expect(judge(list, twice), 400, k_header_mismatch);
  expect(judge(list, {{"mcp-protocol-version", "2026-07-28"}, {"MCP-METHOD", "tools/list"}}), 200, 0);
  expect(judge(call, headers("tools/call")), 400, k_header_mismatch);
  expect(judge(call, headers("tools/call", "other")), 400, k_header_mismatch);
  expect(judge(call, headers("tools/call", "  greet  ")), 200, 0);
  expect(judge(call, headers("tools/call", "=?base64?Z3JlZXQ=?=")), 200, 0);
  expect(judge(call, headers("tools/call", "=?base64?Z3JlZXQ?=")), 400, k_header_mismatch);
  expect(judge(modern("resources/read", R"("uri":"test://a",)"), headers("resources/read", "test://b")), 400,
         k_header_mismatch);
  expect(judge(modern("tasks/get", R"("taskId":"t",)"), headers("tasks/get", "u")), 400, k_header_mismatch);
}

TEST_CASE("order of checks: version, then method", "[serve][ladder]") {
  const std::string other =
      R"({"jsonrpc":"2.0","id":"r","method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"v999.0.0",)" +
      std::string(k_capable) + "}}}";
  const Verdict unsupported =
      judge(other, {{"MCP-Protocol-Version", "v999.0.0"}, {"Mcp-Method", "server/discover"}});
  expect(unsupported, 400, k_unsupported_version);
  CHECK(unsupported.body["error"]["data"]["requested"] == "v999.0.0");
  const Json discovered = judge(modern("server/discover"), headers("server/discover")).body["result"];
  for (const Json& version : unsupported.body["error"]["data"]["supported"])
    CHECK(std::find(discovered["supportedVersions"].begin(), discovered["supportedVersions"].end(),
                    version) != discovered["supportedVersions"].end());
  // The header is compared before the version is judged.
  expect(judge(other, headers("server/discover")), 400, k_header_mismatch);
  for (const char* method : {"initialize", "ping", "logging/setLevel", "resources/subscribe",
                             "resources/unsubscribe", "tasks/result", "tasks/list", "unknown/method"})
    expect(judge(modern(method), headers(method)), 404, k_method_not_found);
}

TEST_CASE("discover returns what a stateless client must know", "[serve][ladder]") {
  const Json result = judge(modern("server/discover"), headers("server/discover")).body["result"];
  CHECK(result["resultType"] == "complete");
  CHECK(result["ttlMs"].is_number_unsigned());
  CHECK(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "exai");
  CHECK_FALSE(result.contains("serverInfo"));
  CHECK(result["capabilities"]["extensions"].contains("io.modelcontextprotocol/tasks"));
  CHECK_FALSE(result["capabilities"].contains("tasks"));
  CHECK(result["capabilities"]["resources"]["subscribe"] == true);
}

TEST_CASE("arguments in headers are compared by their type", "[serve][ladder]") {
  const auto call = [](const std::string& arguments) {
    return modern("tools/call", R"("name":"headers","arguments":)" + arguments + ",");
  };
  const auto with = [](Headers more) {
    Headers list = headers("tools/call", "headers");
    list.insert(list.end(), more.begin(), more.end());
    return list;
  };
  expect(judge(call(R"({"p":"Hello"})"), with({{"Mcp-Param-H", "Hello"}})), 200, 0);
  expect(judge(call(R"({"p":"Hello"})"), with({{"mcp-param-h", "=?base64?SGVsbG8=?="}})), 200, 0);
  expect(judge(call(R"({"p":"Hello"})"), with({{"Mcp-Param-H", "=?base64?SGVsbG8?="}})), 400,
         k_header_mismatch);
  expect(judge(call(R"({"p":"Hello"})"), with({{"Mcp-Param-H", "=?base64?SGVs!G8=?="}})), 400,
         k_header_mismatch);
  expect(judge(call(R"({"p":"SGVsbG8="})"), with({{"Mcp-Param-H", "SGVsbG8="}})), 200, 0);
  expect(judge(call(R"({"p":"=?base64?SGVsbG8="})"), with({{"Mcp-Param-H", "=?base64?SGVsbG8="}})), 200, 0);
  expect(judge(call(R"({"p":"Hello"})"), with({})), 400, k_header_mismatch);
  expect(judge(call("{}"), with({{"Mcp-Param-H", "Hello"}})), 400, k_header_mismatch);
  expect(judge(call(R"({"p":null})"), with({{"Mcp-Param-H", "x"}})), 400, k_header_mismatch);
  expect(judge(call(R"({"n":42})"), with({{"Mcp-Param-N", "42.0"}})), 200, 0);
  expect(judge(call(R"({"n":42})"), with({{"Mcp-Param-N", "43"}})), 400, k_header_mismatch);
  expect(judge(call(R"({"b":true})"), with({{"Mcp-Param-B", "true"}})), 200, 0);
  expect(judge(call(R"({"b":true})"), with({{"Mcp-Param-B", "True"}})), 400, k_header_mismatch);
  expect(judge(call(R"({"deep":{"q":"x"}})"), with({{"Mcp-Param-Q", "x"}})), 200, 0);
  expect(judge(call(R"({"deep":{"q":"x"}})"), with({})), 400, k_header_mismatch);
}

TEST_CASE("wrong header annotations are found at registration", "[serve][catalogue]") {
  Tool tool = k_greet;
  for (
      const char* schema :
      {R"({"type":"object","properties":{"a":{"type":"string","x-mcp-header":"a b"}}})",
       R"({"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}})",
       R"({"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}})"}) {
    tool.input_schema = schema;
    const auto catalogue = ToolCatalogue::from(lasting({&tool}));
    REQUIRE_FALSE(catalogue);
    CHECK(catalogue.error().message.find("x-mcp-header") != std::string::npos);
  }
}

TEST_CASE("lists are paged, with cursors that expire with their list", "[serve][dispatcher]") {
  std::vector<std::string> names;
  std::string cursor;
  do {
    const std::string more = cursor.empty() ? "" : R"("cursor":")" + cursor + "\",";
    const Json result = judge(modern("tools/list", more), headers("tools/list")).body["result"];
    REQUIRE(result["tools"].size() == 1);
    names.push_back(result["tools"][0]["name"].get<std::string>());
    cursor = result.value("nextCursor", "");
  } while (!cursor.empty());
  CHECK(names == std::vector<std::string>{"greet", "headers", "task"});
  expect(judge(modern("tools/list", R"("cursor":"nonsense",)"), headers("tools/list")), 200,
         k_invalid_params);
  expect(judge(modern("tools/list", R"("cursor":"",)"), headers("tools/list")), 200, k_invalid_params);
  expect(judge(modern("tools/list", R"("cursor":5,)"), headers("tools/list")), 200, k_invalid_params);
}

TEST_CASE("unknown names are reported, with the code of their revision", "[serve][dispatcher]") {
  const Verdict resource =
      judge(modern("resources/read", R"("uri":"test://none",)"), headers("resources/read", "test://none"));
  expect(resource, 200, k_invalid_params);
  CHECK(resource.body["error"]["data"]["uri"] == "test://none");
  expect(judge(modern("prompts/get", R"("name":"none",)"), headers("prompts/get", "none")), 200,
         k_invalid_params);
  expect(judge(modern("tools/call", R"("name":"gret",)"), headers("tools/call", "gret")), 200,
         k_invalid_params);
  const Verdict task = judge(modern("tools/call", R"("name":"task",)"), headers("tools/call", "task"));
  expect(task, 400, k_missing_capability);
  CHECK(task.body["error"]["data"]["requiredCapabilities"]["extensions"].contains(
      "io.modelcontextprotocol/tasks"));
  expect(judge(modern("tasks/get", R"("taskId":"t",)"), headers("tasks/get", "t")), 400,
         k_missing_capability);
}

TEST_CASE("answers to input requests must be well-formed", "[serve][rounds]") {
  const auto retry = [](const std::string& more) {
    return judge(modern("tools/call", R"("name":"greet",)" + more), headers("tools/call", "greet"));
  };
  expect(retry(R"("inputResponses":null,)"), 200, k_invalid_params);
  expect(retry(R"("inputResponses":{"user_name":12345},)"), 200, k_invalid_params);
  expect(retry(R"("requestState":7,)"), 200, k_invalid_params);
  expect(retry(R"("inputResponses":{"other":{}},"requestState":"s",)"), 200, 0);
}

TEST_CASE("a key may do what its scope allows", "[serve][scopes]") {
  const std::string call = modern("tools/call", R"("name":"greet",)");
  const Verdict refused = judge(call, headers("tools/call", "greet"), Scope::viewer);
  expect(refused, 403, 1403);
  CHECK(refused.body["error"]["message"].get<std::string>().find("needs operator") != std::string::npos);
  expect(judge(call, headers("tools/call", "greet"), Scope::operator_), 200, 0);
  expect(judge(modern("tools/list"), headers("tools/list"), Scope::viewer), 200, 0);
}

TEST_CASE("a sealed state is accepted only whole, in time, from its caller and for its request",
          "[serve][rounds]") {
  const StateSeal seal(Secret("0123456789abcdef"));
  const Wall now{};
  const std::string sealed = seal.seal({{"step", 2}}, "alice", "digest", now + Millis{1000});
  CHECK(seal.open(sealed, "alice", "digest", now).value()["step"] == 2);
  CHECK(seal.open(sealed, "bob", "digest", now).error().message.find("another caller") != std::string::npos);
  CHECK(seal.open(sealed, "alice", "other", now).error().message.find("another request") !=
        std::string::npos);
  CHECK(seal.open(sealed, "alice", "digest", now + Millis{1000}).error().message.find("expired") !=
        std::string::npos);
  CHECK_FALSE(seal.open(sealed + "-TAMPERED", "alice", "digest", now));
  CHECK_FALSE(StateSeal(Secret("another key, also long")).open(sealed, "alice", "digest", now));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed != sealed) CHECK_FALSE(seal.open(changed, "alice", "digest", now));
  }
  CHECK_FALSE(seal.open("", "alice", "digest", now));
  CHECK_FALSE(seal.open("v1.", "alice", "digest", now));
}
