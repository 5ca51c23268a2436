#include "mcp/client/session.hpp"

#include "core/version.hpp"

#include <fmt/core.h>

namespace exai::mcp::client {
namespace {

constexpr Millis k_session_farewell{2000};  // for what is sent when nobody waits for the answer any more

std::string meta_key(std::string_view name) {
  return "io.modelcontextprotocol/" + std::string(name);
}

/// A message that came damaged must not be waited for as if it were none.
bool looks_like_message(std::string_view text) {
  return trim(text).starts_with('{') && text.find("\"jsonrpc\"") != std::string_view::npos;
}

bool may_ask(const McpInput& input, std::string_view method) {
  if (!input.answer) return false;
  return (method == "elicitation/create" && input.elicitation) ||
         (method == "sampling/createMessage" && input.sampling) || (method == "roots/list" && input.roots);
}

}  // namespace

Headers Session::mirrored(std::string_view method, const Json& params) const {
  Headers headers{{"Mcp-Method", std::string(method)}};
  for (const std::string_view member : {"name", "uri", "taskId"})
    if (const std::string name = text_of(params, member); !name.empty()) {
      headers.emplace_back("Mcp-Name", header_value(name));
      break;
    }
  return headers;
}

Result<Json> Session::ask(std::string_view method, Json params, const Wait& wait, Headers headers) {
  const long long id = next_id_++;
  Outgoing message;
  if (modern()) {
    if (params.is_null()) params = Json::object();
    Json& meta = params["_meta"];
    meta[meta_key("protocolVersion")] = k_modern_version;
    meta[meta_key("clientInfo")] = {{"name", "exai"}, {"version", version()}};
    meta[meta_key("clientCapabilities")] =
        client_capabilities(observer_.input, target_.tasks, McpEra::modern);
    if (!target_.log_level.empty()) meta[meta_key("logLevel")] = target_.log_level;
    message.headers = mirrored(method, params);
    message.headers.insert(message.headers.end(), headers.begin(), headers.end());
  }
  message.text = request_text(id, method, params);
  trace('>', message.text);
  problem_ = nullptr;
  std::optional<Json> answer;
  const auto done = transport_->exchange(
      message, [&](std::string_view text) { return take(text, id, answer); }, wait);
  if (!done) {
    tell_cancelled(id, done.error());
    return fail(done.error());
  }
  problem_ = member_of(*answer, "error");
  Result<Json> result = result_of(*answer);
  if (!result && (transport_->status() == 401 || transport_->status() == 403))
    result.error().kind = ErrorKind::refused;
  return result;
}

Result<bool> Session::take(std::string_view text, long long id, std::optional<Json>& answer) {
  trace('<', text);
  Result<Json> content = parse_json(text);
  if (!content && transport_->kind() == McpTransport::stdio && !looks_like_message(text)) {
    note_banner(text);
    return false;
  }
  if (!content || !content->is_array()) {
    Result<Json> message = content && content->is_object() ? std::move(content) : read_object(text);
    if (!message) return fail(message.error());
    return take_message(std::move(*message), text.size(), id, answer);
  }
  bool done = false;  // a batch of 2025-03-26: what stands behind the answer counts too
  for (Json& message : *content) {
    if (!message.is_object()) return fail(read_object(text).error());
    const auto taken = take_message(std::move(message), text.size(), id, answer);
    if (!taken) return taken;
    done = done || *taken;
  }
  return done;
}

Result<bool> Session::take_message(Json message, std::size_t size, long long id,
                                   std::optional<Json>& answer) {
  if (answers(message, id) || is_nameless_error(message)) {
    answer_size_ = size;
    answer = std::move(message);
    return true;
  }
  if (discovery_id_ != 0 && answers(message, discovery_id_)) {
    late_found_ = member_of(message, "result");
    return false;
  }
  if (message.contains("method") && message.contains("id")) {
    if (auto replied = reply(message); !replied) return fail(replied.error());
    return false;
  }
  observe(message, observer_);
  return false;
}

/// What a program prints that does not know that its standard output is the protocol's.
void Session::note_banner(std::string_view text) {
  constexpr std::size_t k_notes = 3, k_shown = 200;
  if (++banners_ > k_notes || !observer_.on_note) return;
  observer_.on_note(fmt::format("{} wrote what is not MCP to its standard output, it is skipped: {}{}",
                                target_.command.empty() ? "the server" : target_.command[0],
                                printable(trim(text.substr(0, k_shown))),
                                text.size() > k_shown ? "..." : ""));
}

/// A request of the server's own: the legacy era's way to ask, which the modern one does not have.
Result<void> Session::reply(const Json& request) {
  if (modern()) return {};
  const std::string method = text_of(request, "method");
  Json answer{{"jsonrpc", "2.0"}, {"id", request["id"]}};
  if (method == "ping") {
    answer["result"] = Json::object();
  } else if (may_ask(observer_.input, method)) {
    Result<Json> said = answer_one({"", method, member_of(request, "params")});
    if (said)
      answer["result"] = std::move(*said);
    else  // -1 is what the specification's example gives for a person's no
      answer["error"] = {{"code", said.error().kind == ErrorKind::refused ? -1 : -32603},
                         {"message", said.error().message}};
  } else {
    answer["error"] = {{"code", -32601}, {"message", "this client offers no such method"}};
  }
  Outgoing message{dump_json(answer), {}};
  trace('>', message.text);
  return transport_->send(message, Deadline::after(k_session_farewell));
}

Result<void> Session::notify(std::string_view method, const Json& params, Deadline deadline) {
  Outgoing message{notification_text(method, params), {}};
  trace('>', message.text);
  return transport_->send(message, deadline);
}

/// In the modern era the closed stream of an HTTP request is its cancellation.
void Session::tell_cancelled(long long id, const Error& why) {
  if (!opened_ || (why.kind != ErrorKind::cancelled && why.kind != ErrorKind::timeout)) return;
  if (modern() && transport_->kind() == McpTransport::http) return;
  (void)notify("notifications/cancelled", {{"requestId", id}, {"reason", std::string(to_string(why.kind))}},
               Deadline::after(k_session_farewell));
}

Result<Json> Session::list(McpList what, Deadline deadline, std::stop_token stop) {
  const Wait wait{deadline, std::move(stop)};
  Result<Json> entries = all_pages(
      what, [&](std::string_view method, Json params) { return ask(method, std::move(params), wait); },
      [&] { return answer_size_; });
  if (entries && what == McpList::tools) tools_ = *entries;
  return entries;
}

/// Annotated arguments travel in headers too, so the tool's schema must be known before the call.
Result<Headers> Session::tool_headers(const std::string& name, const Json& arguments, const Wait& wait) {
  if (!modern() || transport_->kind() != McpTransport::http) return Headers{};
  if (!tools_) {
    const Result<Json> tools = list(McpList::tools, wait.deadline, wait.stop);
    if (!tools && (wait.stop.stop_requested() || wait.deadline.passed())) return fail(tools.error());
    if (!tools) tools_ = Json::array();  // a server without a list may still have the tool
  }
  for (const Json& tool : *tools_)
    if (text_of(tool, "name") == name) return param_headers(member_of(tool, "inputSchema"), arguments);
  return Headers{};
}

Result<Json> Session::call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                                std::stop_token stop) {
  const Wait wait{deadline, std::move(stop)};
  Json params{{"name", name}};
  params["arguments"] = arguments.is_null() ? Json::object() : arguments;
  auto headers = tool_headers(name, params["arguments"], wait);
  if (!headers) return fail(headers.error());
  if (observer_.on_text || observer_.on_progress) params["_meta"]["progressToken"] = next_id_;
  return ask_to_the_end("tools/call", std::move(params), wait, std::move(*headers));
}

Result<Json> Session::get_prompt(const std::string& name, const Json& arguments, Deadline deadline,
                                 std::stop_token stop) {
  Json params{{"name", name}};
  if (arguments.is_object() && !arguments.empty()) params["arguments"] = arguments;
  return ask_to_the_end("prompts/get", std::move(params), {deadline, std::move(stop)}, {});
}

Result<Json> Session::read_resource(const std::string& uri, Deadline deadline, std::stop_token stop) {
  return ask_to_the_end("resources/read", {{"uri", uri}}, {deadline, std::move(stop)}, {});
}

Result<void> Session::ping(Deadline deadline) {
  return ask(modern() ? "server/discover" : "ping", nullptr, {deadline, {}}).map([](const Json&) {});
}

}  // namespace exai::mcp::client
