// The pure heart of MCP: a message and its session in, an action out. Knows no socket, thread or clock.
#pragma once

#include "serve/protocol/catalogue.hpp"
#include "serve/protocol/jsonrpc.hpp"
#include "serve/protocol/wire.hpp"

#include <string>
#include <variant>

namespace exai::serve {

/// A finished answer.
struct SendAnswer {
  std::string message;
};
/// Nothing is to be said: a notification or a client's response was taken.
struct Accepted {};
/// `initialize`: the transport opens what it calls a session, then sends the message.
struct OpenSession {
  std::string message, version, client;
};
struct BeginCall {
  RpcId id;
  const Tool* tool = nullptr;
  Json arguments;
  std::string progress_token;  ///< JSON text; empty = the caller wants no progress
};
/// notifications/cancelled. An unknown or finished id is no error.
struct CancelCall {
  RpcId id;
};
using Action = std::variant<SendAnswer, Accepted, OpenSession, BeginCall, CancelCall>;

class Dispatcher {
 public:
  Dispatcher(const ToolCatalogue& tools, ServerIdentity identity)
      : tools_(tools), identity_(std::move(identity)) {}
  /// `message` is consumed.
  [[nodiscard]] Action dispatch(RpcMessage message) const;
  [[nodiscard]] const ToolCatalogue& tools() const { return tools_; }

 private:
  [[nodiscard]] Action request(RpcMessage& message) const;
  [[nodiscard]] Action initialize(const RpcMessage& message) const;
  [[nodiscard]] Action list_tools(const RpcMessage& message) const;
  [[nodiscard]] Action call_tool(RpcMessage& message) const;

  const ToolCatalogue& tools_;
  ServerIdentity identity_;
};

}  // namespace exai::serve
