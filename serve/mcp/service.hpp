// MCP for every transport: takes messages, starts and cancels calls, hands messages back. Loop thread only.
#pragma once

#include "engine/engine.hpp"
#include "serve/mcp/state_seal.hpp"
#include "serve/mcp/subscriptions.hpp"
#include "serve/mcp/tasks.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace exai::serve::mcp {

struct ServiceLimits {
  std::size_t streams = 1000;  ///< open subscriptions/listen
  Millis input_wait{600000};   ///< how long a person may take to answer
  Millis heartbeat{5000};      ///< of a call that says nothing, to callers that asked for progress
  TaskLimits tasks;
};
ServiceLimits service_limits(const Config& config);

class McpCall;

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
  /// Carries a message out; what there is to say goes to the sink.
  void take(RpcMessage message, Era era, const Peer& peer, const std::shared_ptr<ResponseSink>& sink);
  /// The peer is gone for good: its calls are cancelled, its streams and subscriptions dropped.
  void forget(const std::string& peer);
  /// A session begins to hear what belongs to no request.
  void join(const std::shared_ptr<Session>& session) { listeners_.join(session); }
  /// Ends the open listen streams: the server stops.
  void end_streams() { listeners_.end_all(); }
  void changed(engine::Change what, const std::string& uri) override { listeners_.changed(what, uri); }
  [[nodiscard]] std::size_t streams() const { return listeners_.size(); }

 private:
  friend class McpCall;
  void begin(BeginCall call, RequestContext context, const Peer& peer, std::shared_ptr<ResponseSink> sink);
  void cancel(const std::string& peer, const RpcId& id);
  void task(const TaskRequest& request, const std::string& principal, ResponseSink& sink);
  std::string update_task(TaskRecord& record, const TaskRequest& request);
  void subscribe(const SetSubscription& wanted, Session* session, ResponseSink& sink);
  void finished(const McpCall& call);
  using Key = std::pair<std::string, RpcId>;

  const Dispatcher& dispatcher_;
  const McpWriter& wire_;
  engine::Engine& engine_;
  StateSeal seal_;
  ServiceLimits limits_;
  Subscriptions listeners_;
  TaskTable tasks_;
  std::map<Key, std::shared_ptr<McpCall>> running_;  // requests without an answer, by peer and id
  std::map<Key, std::weak_ptr<McpCall>> asked_;      // our own requests, by session and id
};

}  // namespace exai::serve::mcp
