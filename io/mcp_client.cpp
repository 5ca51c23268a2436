#include "io/mcp_client.hpp"

#include "core/text.hpp"
#include "core/version.hpp"
#include "io/http.hpp"
#include "io/mcp_client_parts.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::io {
namespace mcp {
namespace {

constexpr ErrorKind k_kinds[] = {ErrorKind::usage,       ErrorKind::config,    ErrorKind::missing_input,
                                 ErrorKind::unreachable, ErrorKind::refused,   ErrorKind::budget,
                                 ErrorKind::internal,    ErrorKind::cancelled, ErrorKind::timeout,
                                 ErrorKind::busy,        ErrorKind::not_found, ErrorKind::invalid,
                                 ErrorKind::provider};

std::optional<ErrorKind> kind_named(std::string_view name) {
  for (const ErrorKind kind : k_kinds)
    if (to_string(kind) == name) return kind;
  return std::nullopt;
}

ErrorKind kind_of_code(long long code) {
  switch (code) {
    case -32700:
    case -32600:
    case -32602:
      return ErrorKind::invalid;
    case -32601:
      return ErrorKind::not_found;
    case -32603:
      return ErrorKind::internal;
    default:
      return ErrorKind::provider;
  }
}

/// The daemon's words: facts/ex_ai_server 2.5.
constexpr std::array<std::pair<std::string_view, ErrorKind>, 12> k_words{{
    {"INVALID_REQUEST", ErrorKind::invalid},
    {"PROTOCOL_ERROR", ErrorKind::invalid},
    {"VALIDATION_ERROR", ErrorKind::invalid},
    {"UNAUTHORIZED", ErrorKind::refused},
    {"NOT_FOUND", ErrorKind::not_found},
    {"TOOL_NOT_FOUND", ErrorKind::not_found},
    {"OVER_CAPACITY", ErrorKind::busy},
    {"DUPLICATE", ErrorKind::busy},
    {"TIMEOUT", ErrorKind::timeout},
    {"TOOL_EXECUTION_ERROR", ErrorKind::internal},
    {"PROVIDER_ERROR", ErrorKind::provider},
    {"SERVICE_UNAVAILABLE", ErrorKind::config},
}};

}  // namespace

const Json& at(const Json& object, std::string_view key) {
  static const Json k_null;
  if (!object.is_object()) return k_null;
  const auto found = object.find(key);
  return found == object.end() ? k_null : *found;
}

std::string text_at(const Json& object, std::string_view key) {
  const Json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

std::string request_text(long long id, std::string_view method, Json params) {
  Json message{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  return dump_json(message);
}

std::string notification_text(std::string_view method, Json params) {
  Json message{{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  return dump_json(message);
}

Json initialize_params() {
  return {{"protocolVersion", k_protocol_version},
          {"capabilities", Json::object()},
          {"clientInfo", {{"name", "exai"}, {"version", version()}}}};
}

Json call_params(const std::string& name, const Json& arguments, long long id, const McpObserver& observer) {
  Json params{{"name", name}};
  params["arguments"] = arguments.is_null() ? Json::object() : arguments;
  if (observer.on_text || observer.on_progress) params["_meta"]["progressToken"] = id;
  return params;
}

McpServerInfo read_server_info(const Json& result) {
  const Json& info = at(result, "serverInfo");
  return {text_at(info, "name"), text_at(info, "version"), text_at(result, "protocolVersion"),
          text_at(result, "instructions")};
}

Result<Json> read_object(std::string_view text) {
  Result<Json> message = parse_json(text);
  if (!message) return fail(std::move(message.error()).during("reading the server's message"));
  if (!message->is_object()) return fail(ErrorKind::invalid, "the server's message is no JSON object");
  return message;
}

bool answers(const Json& message, long long id) {
  return at(message, "id") == id && !message.contains("method");
}

void refine(Error& error, const Json& facts) {
  if (const auto kind = kind_named(text_at(facts, "kind"))) error.kind = *kind;
  if (std::string hint = text_at(facts, "hint"); !hint.empty()) {
    error.hint = printable(hint);
    // The message repeats the hint for readers who see nothing else.
    if (const std::string tail = "; " + error.hint; error.message.ends_with(tail))
      error.message.erase(error.message.size() - tail.size());
  }
  if (const Json& wait = at(facts, "retry_after"); wait.is_number())
    error.retry_after = Millis(static_cast<long long>(std::clamp(wait.get<double>(), 0.0, 86'400.0) * 1000));
}

Result<Json> result_of(const Json& response) {
  if (const Json& problem = at(response, "error"); problem.is_object()) {
    const Json& code = at(problem, "code");
    Error error =
        make_error(code.is_number_integer() ? kind_of_code(code.get<long long>()) : ErrorKind::provider,
                   printable(text_at(problem, "message")));
    refine(error, at(problem, "data"));
    return fail(std::move(error));
  }
  if (!response.contains("result"))
    return fail(ErrorKind::invalid, "the server's answer has neither result nor error");
  return response["result"];
}

void observe(const Json& message, const McpObserver& observer) {
  const std::string method = text_at(message, "method");
  const Json& params = at(message, "params");
  if (method == "notifications/progress") {
    const std::string text = text_at(params, "message");
    const bool partial = at(at(params, "_meta"), "exai/partial") == true;
    if (partial && observer.on_text)
      observer.on_text(text);
    else if (!partial && !text.empty() && observer.on_progress)
      observer.on_progress(text);
  } else if (method == "notifications/message" && observer.on_progress) {
    const Json& data = at(params, "data");
    observer.on_progress(data.is_string() ? data.get<std::string>() : dump_json(data));
  }
}

std::string answer_to(const Json& message) {
  if (!message.contains("method") || !message.contains("id")) return {};
  Json answer{{"jsonrpc", "2.0"}, {"id", message["id"]}};
  if (text_at(message, "method") == "ping")
    answer["result"] = Json::object();
  else
    answer["error"] = {{"code", -32601}, {"message", "this client offers no such method"}};
  return dump_json(answer);
}

ErrorKind kind_of_word(std::string_view word) {
  for (const auto& [name, kind] : k_words)
    if (name == word) return kind;
  return ErrorKind::internal;
}

Result<Json> all_tools(const std::function<Result<Json>(Json params)>& ask) {
  constexpr int k_pages = 100;
  Json tools = Json::array();
  Json params = Json::object();
  for (int page = 0; page < k_pages; ++page) {
    const Result<Json> result = ask(params);
    if (!result) return result;
    const Json& list = at(*result, "tools");
    if (!list.is_array()) return fail(ErrorKind::invalid, "the server's tools/list has no 'tools'");
    tools.insert(tools.end(), list.begin(), list.end());
    const std::string cursor = text_at(*result, "nextCursor");
    if (cursor.empty()) return tools;
    params["cursor"] = cursor;
  }
  return fail(ErrorKind::invalid,
              fmt::format("the server's tools/list does not end after {} pages", k_pages));
}

}  // namespace mcp

Result<std::unique_ptr<McpClient>> McpClient::connect(const McpTarget& target, McpObserver observer,
                                                      Deadline deadline) {
  if (!target.command.empty()) return mcp::connect_stdio(target, std::move(observer), deadline);
  const Result<Url> url = parse_url(target.url);
  if (!url) return fail(url.error());
  if (url->scheme == "ws" || url->scheme == "wss")
    return mcp::connect_daemon(target, std::move(observer), deadline);
  return mcp::connect_http(target, std::move(observer), deadline);
}

}  // namespace exai::io
