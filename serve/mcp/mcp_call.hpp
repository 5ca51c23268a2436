// One MCP request while its work runs: the engine's events become messages, and its questions go to the
// client, as results to be repeated (stateless) or as requests of ours (session). Loop thread only.
#pragma once

#include "engine/engine.hpp"
#include "serve/mcp/open_requests.hpp"
#include "serve/mcp/sink.hpp"
#include "serve/mcp/state_seal.hpp"
#include "serve/mcp/subscriptions.hpp"
#include "serve/mcp/tasks.hpp"

#include <map>
#include <memory>
#include <string>

namespace exai::serve::mcp {

struct ServiceLimits {
  std::size_t streams = 1000;  ///< open subscriptions/listen
  Millis input_wait{600000};   ///< how long a person may take to answer
  Millis heartbeat{5000};      ///< of a silent call, to callers that asked for progress
  TaskLimits tasks;
};

/// What a call reaches of the service that runs it.
struct CallReach {
  engine::Engine& engine;
  const McpWriter& writer;
  const StateSeal& seal;
  const ServiceLimits& limits;
  Subscriptions& subscriptions;
  TaskTable& tasks;
  OpenRequests& open;
};

class McpCall final : public engine::CallSink, public std::enable_shared_from_this<McpCall> {
 public:
  /// `reach` outlives the call.
  McpCall(const CallReach& reach, std::string peer, std::shared_ptr<Session> session, BeginCall begin,
          RequestContext context, std::shared_ptr<ResponseSink> sink);

  /// Runs the job with the inputs and the state known so far. It may be over on return.
  void start();
  void set_state(Json state) { state_ = std::move(state); }
  void cancel();
  /// The client's answer to a request of ours.
  void take_response(const RpcId& id, const Json& message);
  [[nodiscard]] const RpcId& id() const { return begin_.id; }
  [[nodiscard]] const std::string& peer() const { return peer_; }

  void on_started(Millis budget) override;
  void on_progress(const engine::Progress& progress) override;
  void on_log(engine::ClientLog level, const Json& data) override;
  void on_task() override;
  void on_let_poll() override;
  void on_finished(engine::CallOutcome outcome) override;

 private:
  void need_input(engine::InputRequired required);
  void ask_as_result(const engine::InputRequired& required);
  void ask_as_requests(engine::InputRequired required);
  void ask_in_task(engine::InputRequired required);
  void resume(Json answers);
  void settle_task(const engine::CallOutcome& outcome);
  /// Who gets the answer, once: the request is over. Empty from then on.
  std::shared_ptr<ResponseSink> take_sink();
  void answer(std::string message, int http = 200);
  /// A failure of the handler, as the kind of request has it.
  void fail_with(const Error& error);
  void refuse(const RpcError& error);
  [[nodiscard]] std::string result_text(const engine::CallAnswer& answer) const;
  [[nodiscard]] RpcError rpc_failure(const Error& error) const;
  void drop_requests();
  void beat_later();

  const CallReach& reach_;
  std::string peer_;
  std::shared_ptr<Session> session_;
  BeginCall begin_;
  RequestContext context_;
  engine::SharedJob job_;  // the pool may hold on to it, never to this
  std::shared_ptr<ResponseSink> sink_;
  Json inputs_, state_;
  std::uint64_t progress_ = 0;
  int rounds_ = 0;
  std::weak_ptr<engine::Call> call_;
  std::map<RpcId, std::string> requests_;  // ours that are open: key of the input by request id
  std::unique_ptr<engine::Timer> timer_, beat_;
  Steady started_{};
  Millis budget_{0};
  std::uint64_t progress_at_beat_ = 0;
  std::string task_;
  bool over_ = false;
};

}  // namespace exai::serve::mcp
