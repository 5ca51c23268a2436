// Which requests have no answer yet: the clients' own, and those that we have sent to them. Loop thread only.
#pragma once

#include "mcp/jsonrpc.hpp"
#include "serve/mcp/names.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace exai::serve::mcp {

class McpCall;

class OpenRequests {
 public:
  /// A request of `peer` is being worked on; the entry keeps the call alive.
  void begin(const std::string& peer, const RpcId& id, std::shared_ptr<McpCall> call);
  void end(const std::string& peer, const RpcId& id);
  /// nullptr when there is none.
  [[nodiscard]] std::shared_ptr<McpCall> find(const std::string& peer, const RpcId& id) const;
  /// All of one peer.
  [[nodiscard]] std::vector<std::shared_ptr<McpCall>> of(const std::string& peer) const;

  /// `call` has sent `peer` a request of ours.
  void expect(const std::string& peer, const RpcId& id, const std::shared_ptr<McpCall>& call);
  void answered(const std::string& peer, const RpcId& id);
  /// Who waits for the answer to it; nullptr when nobody does any more.
  [[nodiscard]] std::shared_ptr<McpCall> waiting(const std::string& peer, const RpcId& id) const;

 private:
  using Key = std::pair<std::string, RpcId>;
  std::map<Key, std::shared_ptr<McpCall>> running_;
  std::map<Key, std::weak_ptr<McpCall>> sent_;
};

}  // namespace exai::serve::mcp
