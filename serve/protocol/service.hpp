// MCP for every transport: takes messages, starts and cancels calls, hands messages back. Loop thread only.
#pragma once

#include "serve/calls/engine.hpp"
#include "serve/protocol/dispatcher.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace exai::serve {

/// Where a request's messages go. Loop thread only.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void notify(std::string message) = 0;
  /// The answer; the last thing said.
  virtual void answer(std::string message) = 0;
  /// There will be no answer (cancelled by the caller).
  virtual void abandon() = 0;
};

/// Whose message it is. `id` is unique among all peers of all transports ("" before a session).
struct Peer {
  std::string id, principal;
  Transport transport = Transport::http;
};

class McpService {
 public:
  McpService(const Dispatcher& dispatcher, Engine& engine) : dispatcher_(dispatcher), engine_(engine) {}

  [[nodiscard]] const Dispatcher& dispatcher() const { return dispatcher_; }
  /// Carries out what the dispatcher decided, all but OpenSession and Accepted, which are the transport's.
  void begin(BeginCall call, const Peer& peer, std::shared_ptr<ResponseSink> sink);
  void cancel(const Peer& peer, const RpcId& id);
  /// The peer is gone for good: its calls are cancelled.
  void forget(const std::string& peer_id);

 private:
  class Sink;
  friend class Sink;
  const Dispatcher& dispatcher_;
  Engine& engine_;
  std::map<std::pair<std::string, RpcId>, std::weak_ptr<Call>> running_;
};

}  // namespace exai::serve
