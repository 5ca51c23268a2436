// What is to be done about a message.
#pragma once

#include "engine/context.hpp"
#include "serve/mcp/request.hpp"
#include "tools/tool.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace exai::serve::mcp {

/// A finished answer.
struct SendAnswer {
  std::string message;
  int http = 200;
  std::optional<Scope> needed_scope{};  ///< what the caller's key lacks
};
/// No answer: a notification was taken.
struct Accepted {};
/// `initialize`: the transport opens what it calls a session, then sends the message.
struct OpenSession {
  std::string message, version;
  engine::ClientFacts client;
};
/// What the answer of a call is written as.
enum class AnswerKind : std::uint8_t { tool, prompt, resource, completion };
/// Work for the engine.
struct BeginCall {
  RpcId id;
  AnswerKind kind = AnswerKind::tool;
  engine::SharedJob job;
  tools::TaskUse task = tools::TaskUse::never;
  bool has_output_schema = false;
  std::string uri;  ///< resources/read
  CacheHint hint;
  Json inputs = Json::object();
  std::string sealed_state;  ///< of an earlier round; empty = none
  /// Of method, name and arguments, hex: what a state is bound to. Stateless only, and made when one is.
  std::function<std::string()> digest;
};
/// notifications/cancelled. An unknown or finished id is not an error.
struct CancelCall {
  RpcId id;
};
/// The client's answer to a request of ours; the whole message.
struct TakeResponse {
  RpcId id;
  Json message;
};
struct SetLogLevel {
  RpcId id;
  engine::ClientLog level = engine::ClientLog::info;
};
struct SetSubscription {
  RpcId id;
  std::string uri;
  bool on = true;
};
/// What a client subscribes to.
struct ListenFilter {
  bool tools = false, prompts = false, resources = false;
  std::vector<std::string> uris, tasks;
};
struct BeginListen {
  RpcId id;
  ListenFilter filter;
};
struct TaskRequest {
  enum class What : std::uint8_t { get, update, cancel };
  RpcId id;
  What what = What::get;
  std::string task;
  Json responses = Json::object();
};
using Action = std::variant<SendAnswer, Accepted, OpenSession, BeginCall, CancelCall, TakeResponse,
                            SetLogLevel, SetSubscription, BeginListen, TaskRequest>;

}  // namespace exai::serve::mcp
