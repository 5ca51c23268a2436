// The protocol of MCP over any transport: ids, the two eras, questions of the server's, tasks, cancellation.
#pragma once

#include "mcp/client/parts.hpp"

#include <optional>
#include <set>

namespace exai::mcp::client {

/// Connects anew: the probe of the modern era may end a legacy server.
using Opener = std::function<Result<std::unique_ptr<Transport>>(const McpTarget& target, const Wait& wait)>;

class Session final : public McpClient {
 public:
  Session(McpTarget target, McpObserver observer, Opener opener)
      : target_(std::move(target)), observer_(std::move(observer)), opener_(std::move(opener)) {}
  /// Connects and agrees on era and version.
  Result<void> open(const Wait& wait);

  [[nodiscard]] const McpServerInfo& server() const override { return info_; }
  Result<Json> list(McpList what, Deadline deadline, std::stop_token stop) override;
  Result<Json> call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                         std::stop_token stop) override;
  Result<Json> get_prompt(const std::string& name, const Json& arguments, Deadline deadline,
                          std::stop_token stop) override;
  Result<Json> read_resource(const std::string& uri, Deadline deadline, std::stop_token stop) override;
  Result<void> ping(Deadline deadline) override;

 private:
  [[nodiscard]] bool modern() const { return info_.era == McpEra::modern; }
  Result<void> connect(const Wait& wait);
  /// What the probe of the modern era found out; an error ends the connection.
  enum class Probe : std::uint8_t { modern, legacy, reconnect };
  Result<Probe> probe(const Wait& wait);
  Result<Probe> probe_failed(const Error& error, const Wait& wait);
  bool take_discovery(const Json& result);
  Result<void> open_legacy(const Wait& wait);
  Result<void> initialize(const Wait& wait);
  Result<void> fall_back_to_sse(Error first, const Wait& wait);

  /// Sends one request and waits for its answer; in the modern era with its _meta and headers.
  Result<Json> ask(std::string_view method, Json params, const Wait& wait, Headers headers = {});
  /// The same, and on through input requests and tasks to the final result.
  Result<bool> take_input(const Json& result, Json& params);
  Result<Json> ask_to_the_end(std::string_view method, Json params, const Wait& wait, Headers headers);
  Result<Json> follow_task(const std::string& task, const Wait& wait);
  Result<Json> task_state(const std::string& task, std::set<std::string>& answered, const Wait& wait,
                          Json state);
  void cancel_task(const std::string& task);
  Result<Json> answer_all(const Json& requests, const std::set<std::string>& but);
  Result<Json> answer_one(const McpQuestion& question);
  Result<bool> take(std::string_view text, long long id, std::optional<Json>& answer);
  Result<bool> take_message(Json message, std::size_t size, long long id, std::optional<Json>& answer);
  void note_banner(std::string_view text);
  Result<void> reply(const Json& request);
  void tell_cancelled(long long id, const Error& why);
  Result<void> notify(std::string_view method, const Json& params, Deadline deadline);
  [[nodiscard]] Headers mirrored(std::string_view method, const Json& params) const;
  Result<Headers> tool_headers(const std::string& name, const Json& arguments, const Wait& wait);
  void trace(char direction, std::string_view text) const {
    if (observer_.on_frame) observer_.on_frame(direction, text);
  }

  McpTarget target_;
  McpObserver observer_;
  Opener opener_;
  std::unique_ptr<Transport> transport_;
  McpServerInfo info_;
  bool opened_ = false;
  long long next_id_ = 1;
  Json problem_;                    ///< the JSON-RPC error of the last answer, or null
  std::size_t banners_ = 0;         ///< lines over stdio that were none of MCP
  std::size_t answer_size_ = 0;     ///< bytes of the last answer
  long long discovery_id_ = 0;      ///< of a probe that nobody waits for any more
  std::optional<Json> late_found_;  ///< its answer, when it comes after all
  std::optional<Json> tools_;
};

}  // namespace exai::mcp::client
