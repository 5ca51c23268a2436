// What the three ways to a server share: JSON-RPC messages, errors as kinds, notifications.
#pragma once

#include "io/mcp_client.hpp"

#include <nlohmann/json.hpp>

namespace exai::io::mcp {

inline constexpr std::string_view k_protocol_version = "2025-11-25";

std::string request_text(long long id, std::string_view method, Json params);
std::string notification_text(std::string_view method, Json params);
Json initialize_params();
/// With a progress token when the observer wants to hear.
Json call_params(const std::string& name, const Json& arguments, long long id, const McpObserver& observer);
McpServerInfo read_server_info(const Json& result);

/// A JSON object, or `invalid`.
Result<Json> read_object(std::string_view text);
/// True when the message answers the request of that id.
bool answers(const Json& message, long long id);
/// The result, or the error with the kind that its data or its code stands for.
Result<Json> result_of(const Json& response);
/// Progress goes to the observer, partial text (marked by the server in _meta) to on_text.
void observe(const Json& message, const McpObserver& observer);
/// The answer that a request of the server's deserves: {} for a ping, else "method not found"; empty for what
/// is no request.
std::string answer_to(const Json& message);
/// The kind a daemon's error word stands for ("OVER_CAPACITY").
ErrorKind kind_of_word(std::string_view word);
/// Our own word for a kind in an error's data, if it is there; hint and retry_after with it.
void refine(Error& error, const Json& facts);

/// Member of an object, or null.
const Json& at(const Json& object, std::string_view key);
std::string text_at(const Json& object, std::string_view key);

/// All pages of tools/list. `ask` sends one request.
Result<Json> all_tools(const std::function<Result<Json>(Json params)>& ask);

/// How long one wait may be when a stop request must be noticed too.
inline Deadline slice(Deadline deadline, const std::stop_token& stop) {
  return stop.stop_possible() ? deadline.within(Millis{50}) : deadline;
}

Result<std::unique_ptr<McpClient>> connect_http(const McpTarget& target, McpObserver observer,
                                                Deadline deadline);
Result<std::unique_ptr<McpClient>> connect_daemon(const McpTarget& target, McpObserver observer,
                                                  Deadline deadline);
Result<std::unique_ptr<McpClient>> connect_stdio(const McpTarget& target, McpObserver observer,
                                                 Deadline deadline);

}  // namespace exai::io::mcp
