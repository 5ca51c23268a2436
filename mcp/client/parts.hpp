// What every way to a server shares: JSON-RPC messages, errors as kinds, notifications.
#pragma once

#include "core/json_access.hpp"
#include "mcp/client/client.hpp"
#include "mcp/client/transport.hpp"

#include <optional>

#include <nlohmann/json.hpp>

namespace exai::mcp::client {

/// Newest first. The first is what the legacy era begins with.
inline constexpr std::string_view k_legacy_versions[] = {"2025-11-25", "2025-06-18", "2025-03-26",
                                                         "2024-11-05"};
inline constexpr std::string_view k_modern_version = "2026-07-28";
inline constexpr std::string_view k_tasks_extension = "io.modelcontextprotocol/tasks";

std::string request_text(long long id, std::string_view method, const Json& params);
std::string notification_text(std::string_view method, const Json& params);

/// One JSON object, or `invalid` with the start of the text.
Result<Json> read_object(std::string_view text);
/// True when the message answers the request of that id.
bool answers(const Json& message, long long id);
/// True for an error without an id: the server could not read which request it was.
bool is_nameless_error(const Json& message);
/// The result, or the error with the kind that its data or its code stands for.
Result<Json> result_of(const Json& response);
/// Progress goes to the observer, partial text (marked by the server in _meta) to on_text.
void observe(const Json& message, const McpObserver& observer);
/// The kind that an error word of exai_ws stands for ("OVER_CAPACITY").
ErrorKind kind_of_word(std::string_view word);
/// Our own word for a kind in an error's data, if it is there; hint and retry_after with it.
void refine(Error& error, const Json& facts);

/// Names of what the server declares, extensions by their full name.
std::vector<std::string> capability_names(const Json& capabilities);
/// What we declare: the kinds of input that someone answers, and the tasks extension.
Json client_capabilities(const McpInput& input, bool tasks, McpEra era);

/// A value as it stands in a header (SEP-2243): plain when it is printable ASCII without blanks at its edges
/// and does not look encoded, else "=?base64?…?=".
std::string header_value(std::string_view text);
/// The Mcp-Param-* headers for these arguments by the x-mcp-header annotations of the tool's schema;
/// `invalid` for a schema whose annotations break the rules, since servers must not offer such a tool.
Result<Headers> param_headers(const Json& input_schema, const Json& arguments);

/// All pages of one list. `ask` sends one request; `size` is the size of its last answer in bytes.
Result<Json> all_pages(McpList what,
                       const std::function<Result<Json>(std::string_view method, Json params)>& ask,
                       const std::function<std::size_t()>& size);

Result<std::unique_ptr<McpClient>> connect_exai_ws(io::WebSocket socket, const McpTarget& target,
                                                   McpObserver observer, Deadline deadline);

}  // namespace exai::mcp::client
