#include "serve/protocol/service.hpp"

#include "serve/protocol/errors.hpp"

namespace exai::serve {

/// From the engine's events to MCP messages.
class McpService::Sink final : public CallSink {
 public:
  Sink(McpService& service, std::pair<std::string, RpcId> key, const Tool& tool, std::string token,
       std::shared_ptr<ResponseSink> out)
      : service_(service),
        key_(std::move(key)),
        tool_(tool),
        token_(std::move(token)),
        out_(std::move(out)) {}

  void on_started(Millis) override {}

  void on_progress(const Progress& progress) override {
    if (token_.empty()) return;
    out_->notify(rpc_notification("notifications/progress", progress_params(token_, ++count_, progress)));
  }

  void on_finished(CallOutcome outcome) override {
    service_.running_.erase(key_);
    const RpcId& id = key_.second;
    if (outcome.result) return out_->answer(rpc_result(id, call_result(*outcome.result)));
    const Error& error = outcome.result.error();
    if (error.kind == ErrorKind::cancelled) return out_->abandon();
    if (!outcome.ran) return out_->answer(rpc_error(id, to_rpc(error)));
    out_->answer(rpc_result(id, failed_call_result(error, tool_)));
  }

 private:
  McpService& service_;
  std::pair<std::string, RpcId> key_;
  const Tool& tool_;
  std::string token_;
  std::uint64_t count_ = 0;
  std::shared_ptr<ResponseSink> out_;
};

void McpService::begin(BeginCall call, const Peer& peer, std::shared_ptr<ResponseSink> sink) {
  const std::pair<std::string, RpcId> key(peer.id, call.id);
  if (running_.contains(key)) {
    RpcError error;
    error.code = k_invalid_request;
    error.message = "a request with this id is still running in this session";
    return sink->answer(rpc_error(call.id, error));
  }
  CallSpec spec{call.tool, std::move(call.arguments), peer.principal, peer.id, peer.transport};
  const bool lasting = call.tool->work != Work::inline_;
  if (lasting) running_[key];
  auto calls =
      std::make_shared<Sink>(*this, key, *call.tool, std::move(call.progress_token), std::move(sink));
  const std::shared_ptr<Call> started = engine_.start(std::move(spec), std::move(calls));
  // Gone already when the engine refused it.
  if (const auto entry = running_.find(key); lasting && entry != running_.end()) entry->second = started;
}

void McpService::cancel(const Peer& peer, const RpcId& id) {
  const auto found = running_.find({peer.id, id});
  if (found == running_.end()) return;
  if (const std::shared_ptr<Call> call = found->second.lock()) engine_.cancel(call);
}

void McpService::forget(const std::string& peer_id) {
  std::vector<std::shared_ptr<Call>> calls;
  for (auto entry = running_.lower_bound({peer_id, ""});
       entry != running_.end() && entry->first.first == peer_id; ++entry)
    if (std::shared_ptr<Call> call = entry->second.lock()) calls.push_back(std::move(call));
  for (const std::shared_ptr<Call>& call : calls) engine_.cancel(call);
}

}  // namespace exai::serve
