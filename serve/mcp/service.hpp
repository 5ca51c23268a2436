// MCP for every transport: takes messages, starts and cancels calls, hands messages back. Loop thread only.
#pragma once

#include "engine/engine.hpp"
#include "serve/mcp/mcp_call.hpp"

#include <functional>
#include <memory>
#include <string>

namespace exai::serve::mcp {

ServiceLimits service_limits(const Config& config);

class McpService final : public engine::ChangeObserver {
 public:
  /// `make_id` gives unguessable ids (tasks).
  McpService(const Dispatcher& dispatcher, engine::Engine& engine, StateSeal seal, ServiceLimits limits,
             std::function<std::string()> make_id);
  McpService(const McpService&) = delete;
  McpService& operator=(const McpService&) = delete;
  McpService(McpService&&) = delete;
  McpService& operator=(McpService&&) = delete;
  ~McpService() override;

  [[nodiscard]] const Dispatcher& dispatcher() const { return dispatcher_; }
  /// Carries a message out; the answer goes to the sink.
  void take(RpcMessage message, Era era, const Peer& peer, const std::shared_ptr<ResponseSink>& sink);
  /// The peer is gone for good: its calls are cancelled, its streams and subscriptions dropped.
  void drop(const std::string& peer);
  /// A session begins to get what belongs to no request.
  void join(const std::shared_ptr<Session>& session) { subscriptions_.join(session); }
  /// Ends the open listen streams: the server stops.
  void end_streams() { subscriptions_.end_all(); }
  void changed(engine::Change what, const std::string& uri) override { subscriptions_.changed(what, uri); }
  [[nodiscard]] std::size_t streams() const { return subscriptions_.size(); }

 private:
  void begin(BeginCall call, RequestContext context, const Peer& peer, std::shared_ptr<ResponseSink> sink);
  void cancel(const std::string& peer, const RpcId& id);
  void task(const TaskRequest& request, const std::string& principal, ResponseSink& sink);
  std::string update_task(TaskRecord& record, const TaskRequest& request);
  void subscribe(const SetSubscription& wanted, Session* session, ResponseSink& sink);

  const Dispatcher& dispatcher_;
  const McpWriter& writer_;
  engine::Engine& engine_;
  StateSeal seal_;
  ServiceLimits limits_;
  Subscriptions subscriptions_;
  TaskTable tasks_;
  OpenRequests open_;
  const CallReach reach_;
};

}  // namespace exai::serve::mcp
