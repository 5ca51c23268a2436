#include "serve/mcp/open_requests.hpp"

namespace exai::serve::mcp {

void OpenRequests::begin(const std::string& peer, const RpcId& id, std::shared_ptr<McpCall> call) {
  running_[{peer, id}] = std::move(call);
}

void OpenRequests::end(const std::string& peer, const RpcId& id) {
  running_.erase({peer, id});
}

std::shared_ptr<McpCall> OpenRequests::find(const std::string& peer, const RpcId& id) const {
  const auto found = running_.find({peer, id});
  return found == running_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<McpCall>> OpenRequests::of(const std::string& peer) const {
  std::vector<std::shared_ptr<McpCall>> calls;
  for (auto entry = running_.lower_bound({peer, ""}); entry != running_.end() && entry->first.first == peer;
       ++entry)
    calls.push_back(entry->second);
  return calls;
}

void OpenRequests::expect(const std::string& peer, const RpcId& id, const std::shared_ptr<McpCall>& call) {
  sent_[{peer, id}] = call;
}

void OpenRequests::answered(const std::string& peer, const RpcId& id) {
  sent_.erase({peer, id});
}

std::shared_ptr<McpCall> OpenRequests::waiting(const std::string& peer, const RpcId& id) const {
  const auto found = sent_.find({peer, id});
  return found == sent_.end() ? nullptr : found->second.lock();
}

}  // namespace exai::serve::mcp
