#include "mcp/client/parts.hpp"

#include "core/text.hpp"

#include <array>
#include <condition_variable>
#include <mutex>

#include <fmt/core.h>

namespace exai::mcp::client {
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
    case -32020:
    case -32022:
      return ErrorKind::invalid;
    case -32601:
    case -32002:
      return ErrorKind::not_found;
    case -32603:
      return ErrorKind::internal;
    case -32021:
      return ErrorKind::refused;
    default:
      return ErrorKind::provider;
  }
}

/// The words of exai_ws for what went wrong.
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

/// What an error's data says in the words of the specification.
std::string hint_of_data(const Json& data) {
  if (const Json& supported = member_of(data, "supported"); supported.is_array())
    return "the server speaks " + printable(dump_json(supported));
  if (const Json& needed = member_of(data, "requiredCapabilities"); needed.is_object())
    return "the server needs a client that offers " + printable(dump_json(needed));
  return {};
}

}  // namespace

bool Wait::pause(Millis time) const {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  const Deadline until = deadline.within(time);
  wake.wait_until(lock, stop, until.at(), [] { return false; });
  return !stop.stop_requested() && !deadline.passed();
}

std::string request_text(long long id, std::string_view method, const Json& params) {
  Json message{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) message["params"] = params;
  return dump_json(message);
}

std::string notification_text(std::string_view method, const Json& params) {
  Json message{{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) message["params"] = params;
  return dump_json(message);
}

Result<Json> read_object(std::string_view text) {
  Result<Json> message = parse_json(text);
  if (message && message->is_object()) return message;
  constexpr std::size_t k_shown = 80;
  return fail(ErrorKind::invalid,
              fmt::format("the server sent what is not an MCP message: {}{}",
                          printable(trim(text.substr(0, k_shown))), text.size() > k_shown ? "..." : ""),
              message ? "" : message.error().message);
}

bool answers(const Json& message, long long id) {
  const Json& own = member_of(message, "id");
  // Some servers give numbers back as text.
  const bool same = own == id || (own.is_string() && own.get_ref<const std::string&>() == std::to_string(id));
  return same && !message.contains("method");
}

bool is_nameless_error(const Json& message) {
  return member_of(message, "id").is_null() && member_of(message, "error").is_object() &&
         !message.contains("method");
}

void refine(Error& error, const Json& facts) {
  if (const auto kind = kind_named(text_of(facts, "kind"))) error.kind = *kind;
  if (std::string hint = text_of(facts, "hint"); !hint.empty()) {
    error.hint = printable(hint);
    // The message repeats the hint for readers who see nothing else.
    if (const std::string tail = "; " + error.hint; error.message.ends_with(tail))
      error.message.erase(error.message.size() - tail.size());
  }
  if (const Json& wait = member_of(facts, "retry_after"); wait.is_number())
    error.retry_after = Millis(static_cast<long long>(std::clamp(wait.get<double>(), 0.0, 86'400.0) * 1000));
}

Result<Json> result_of(const Json& response) {
  if (const Json& problem = member_of(response, "error"); problem.is_object()) {
    const Json& code = member_of(problem, "code");
    Error error =
        make_error(code.is_number_integer() ? kind_of_code(code.get<long long>()) : ErrorKind::provider,
                   printable(text_of(problem, "message")));
    if (error.message.empty())
      error.message = "the server gave an error without words: " + printable(dump_json(problem));
    error.hint = hint_of_data(member_of(problem, "data"));
    refine(error, member_of(problem, "data"));
    return fail(std::move(error));
  }
  if (!member_of(response, "result").is_object())
    return fail(ErrorKind::invalid, "the server's answer has neither a result object nor an error");
  return response["result"];
}

void observe(const Json& message, const McpObserver& observer) {
  const std::string method = text_of(message, "method");
  const Json& params = member_of(message, "params");
  if (method == "notifications/progress") {
    const std::string text = text_of(params, "message");
    const bool partial = member_of(member_of(params, "_meta"), "exai/partial") == true;
    if (partial && observer.on_text)
      observer.on_text(text);
    else if (!partial && !text.empty() && observer.on_progress)
      observer.on_progress(text);
  } else if (method == "notifications/message" && observer.on_progress) {
    const Json& data = member_of(params, "data");
    observer.on_progress(data.is_string() ? data.get<std::string>() : dump_json(data));
  }
}

ErrorKind kind_of_word(std::string_view word) {
  for (const auto& [name, kind] : k_words)
    if (name == word) return kind;
  return ErrorKind::internal;
}

std::vector<std::string> capability_names(const Json& capabilities) {
  std::vector<std::string> names;
  if (!capabilities.is_object()) return names;
  constexpr std::size_t k_max_extensions = 64;  // the server may say what it likes
  for (const auto& [name, value] : capabilities.items()) {
    if (names.size() >= k_max_extensions) break;
    if (name != "extensions") {
      names.push_back(printable(name));
    } else if (value.is_object()) {
      for (const auto& [extension, ignored] : value.items())
        if (names.size() < k_max_extensions) names.push_back(printable(extension));
    }
  }
  return names;
}

Json client_capabilities(const McpInput& input, bool tasks, McpEra era) {
  Json capabilities = Json::object();
  const bool modern = era == McpEra::modern;
  if (input.answer && input.elicitation) {
    capabilities["elicitation"] = Json::object();
    if (modern) capabilities["elicitation"]["form"] = Json::object();
  }
  if (input.answer && input.sampling) capabilities["sampling"] = Json::object();
  if (input.answer && input.roots) capabilities["roots"] = Json::object();
  if (modern && tasks) capabilities["extensions"][std::string(k_tasks_extension)] = Json::object();
  return capabilities;
}

Result<Json> all_pages(McpList what,
                       const std::function<Result<Json>(std::string_view method, Json params)>& ask,
                       const std::function<std::size_t()>& size) {
  constexpr std::pair<std::string_view, std::string_view> k_methods[] = {
      {"tools/list", "tools"},
      {"prompts/list", "prompts"},
      {"resources/list", "resources"},
      {"resources/templates/list", "resourceTemplates"}};
  constexpr int k_pages = 1000;
  constexpr std::size_t k_bytes = std::size_t{64} << 20U;  // of all pages together
  const auto [method, member] = k_methods[static_cast<std::size_t>(what)];
  Json entries = Json::array();
  Json params = Json::object();
  std::size_t bytes = 0;
  for (int page = 0; page < k_pages; ++page) {
    const Result<Json> result = ask(method, params);
    if (!result) return result;
    const Json& list = member_of(*result, member);
    if (!list.is_array())
      return fail(ErrorKind::invalid, fmt::format("the server's {} has no '{}'", method, member));
    entries.insert(entries.end(), list.begin(), list.end());
    const std::string cursor = text_of(*result, "nextCursor");
    if (cursor.empty()) return entries;
    if (cursor == text_of(params, "cursor"))
      return fail(ErrorKind::invalid, fmt::format("the server's {} gives the same cursor twice", method));
    if ((bytes += size()) > k_bytes)
      return fail(ErrorKind::invalid,
                  fmt::format("the server's {} is larger than {} MiB", method, k_bytes >> 20U));
    params["cursor"] = cursor;
  }
  return fail(ErrorKind::invalid,
              fmt::format("the server's {} does not end after {} pages", method, k_pages));
}

}  // namespace exai::mcp::client
