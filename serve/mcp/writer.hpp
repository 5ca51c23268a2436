// How our values look in MCP messages. Everything that differs between revisions belongs here and nowhere
// else.
#pragma once

#include "core/error.hpp"
#include "engine/context.hpp"
#include "serve/mcp/names.hpp"
#include "tools/tool.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace exai::serve::mcp {

/// The two lifecycles: sessions opened by `initialize`, or every request for itself.
enum class Era : std::uint8_t { session, stateless };

inline constexpr std::string_view k_stateless_version = "2026-07-28";
/// The keys that every stateless request carries in params._meta.
inline constexpr const char* k_meta_version = "io.modelcontextprotocol/protocolVersion";
inline constexpr const char* k_meta_capabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr const char* k_meta_client = "io.modelcontextprotocol/clientInfo";
inline constexpr const char* k_meta_log_level = "io.modelcontextprotocol/logLevel";
inline constexpr const char* k_meta_subscription = "io.modelcontextprotocol/subscriptionId";
inline constexpr const char* k_tasks_extension = "io.modelcontextprotocol/tasks";

/// All revisions, newest first.
std::span<const std::string_view> supported_versions();
/// The revisions with sessions, newest first.
std::span<const std::string_view> session_versions();
bool is_session_version(std::string_view version);
/// `initialize` echoes a supported session revision and answers the newest one otherwise, never an error.
std::string_view negotiate_version(std::string_view requested);

struct ServerIdentity {
  std::string name, version, instructions;
};

/// The revision a message is written for.
struct Revision {
  Era era = Era::session;
  std::string_view version = "2025-11-25";
};

/// Caching hints of a stateless result.
struct CacheHint {
  long long ttl_ms = 0;
  bool shared = false;  ///< the same for all callers
};

/// A task as its handle shows it.
struct TaskFacts {
  std::string id, status;  ///< working, input_required, completed, failed, cancelled
  Wall created{}, updated{};
  Millis ttl{0}, poll{0};
};

/// The result of initialize for the bridge to exai_ws, which offers tools and nothing else.
std::string initialize_result(const ServerIdentity& identity, std::string_view version);

class McpWriter {
 public:
  explicit McpWriter(const ServerIdentity& identity);

  // Results, as JSON text.
  [[nodiscard]] std::string initialize(std::string_view version) const;
  [[nodiscard]] std::string discover() const;
  /// "{}", with what a stateless result needs.
  [[nodiscard]] std::string empty(Era era) const;
  /// A list result: {"tools":[...]}; an empty cursor means the last page.
  [[nodiscard]] std::string list(Era era, std::string_view key, std::string_view items,
                                 std::string_view cursor, const CacheHint& hint) const;
  [[nodiscard]] std::string tool(const Revision& revision, const engine::ToolOutput& output) const;
  /// A failure that the model should see: isError, the text, and kind, code and hint as structured content
  /// (only where no output schema forbids it; clients validate that even for errors).
  [[nodiscard]] std::string failed_tool(Era era, const Error& error, bool has_output_schema) const;
  [[nodiscard]] std::string prompt(Era era, const engine::PromptOutput& output) const;
  [[nodiscard]] std::string resource(Era era, std::string_view uri, const engine::ResourceOutput& output,
                                     const CacheHint& hint) const;
  [[nodiscard]] std::string completion(Era era, const engine::CompletionOutput& output) const;
  /// Stateless only: what the client is asked for, and the sealed state (empty = none).
  [[nodiscard]] std::string input_required(const std::vector<engine::InputRequest>& requests,
                                           std::string_view state) const;
  [[nodiscard]] std::string created_task(const TaskFacts& task) const;
  /// tasks/get; `more` = further members as text, each with a comma before it.
  [[nodiscard]] std::string task(const TaskFacts& task, std::string_view more) const;
  /// The end of a subscription, by the server.
  [[nodiscard]] std::string listen_result(std::string_view subscription) const;

 private:
  [[nodiscard]] std::string finished(Era era, std::string members, std::string_view type = "complete",
                                     std::string_view more_meta = {}) const;
  std::string info_, instructions_, meta_;  // meta_: the serverInfo member of _meta
};

/// {"method":...,"params":...} of a request to the client.
Json input_request_json(const engine::InputRequest& request);
std::string_view input_method(engine::InputKind kind);
/// The ClientCapabilities that a request needs: {"elicitation":{"url":{}}}
Json needed_capabilities(engine::InputKind kind);

/// params of notifications/progress; `token` is JSON text.
std::string progress_params(std::string_view token, std::uint64_t count, const engine::Progress& progress);
/// The members of a task's facts: "taskId":...,"status":... without braces.
std::string task_members(const TaskFacts& task);

/// True where wrong arguments are a result the model sees and can correct, not an error of the protocol
/// (since 2025-11-25).
bool input_errors_are_results(const Revision& revision);

engine::ClientFacts read_client(const Json& capabilities, const Json& info);

}  // namespace exai::serve::mcp
