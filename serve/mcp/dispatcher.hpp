// The pure heart of MCP: a message and what is known of its sender in, an action out. Knows no socket, thread
// or clock.
#pragma once

#include "serve/mcp/catalogue.hpp"
#include "serve/mcp/request.hpp"

#include <string>
#include <variant>
#include <vector>

namespace exai::serve::mcp {

/// A finished answer.
struct SendAnswer {
  std::string message;
  int http = 200;
  std::optional<engine::Scope> needed{};  ///< what the caller's key lacks
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

class Dispatcher {
 public:
  Dispatcher(const CurrentCatalogue& catalogue, const McpWriter& writer)
      : catalogue_(catalogue), writer_(writer) {}
  /// `message` is consumed. `request` is nullptr where there are no headers.
  [[nodiscard]] Action dispatch(RpcMessage message, const RequestContext& context,
                                const net::HttpRequest* request) const;
  [[nodiscard]] std::shared_ptr<const Catalogue> catalogue() const { return catalogue_.get(); }
  [[nodiscard]] const McpWriter& writer() const { return writer_; }

 private:
  /// What a handler of a method gets.
  struct MethodCall {
    RpcMessage& message;
    const RequestContext& context;
    const net::HttpRequest* request;
    Json params;
  };
  struct Method;
  static const Method* find_method(std::string_view name, Era era);
  [[nodiscard]] Action request(RpcMessage& message, const RequestContext& context,
                               const net::HttpRequest* request) const;
  [[nodiscard]] Action initialize(MethodCall& call) const;
  [[nodiscard]] Action ping(MethodCall& call) const;
  [[nodiscard]] Action discover(MethodCall& call) const;
  [[nodiscard]] Action set_level(MethodCall& call) const;
  [[nodiscard]] Action subscribe(MethodCall& call) const;
  [[nodiscard]] Action list(MethodCall& call) const;
  [[nodiscard]] Action call_tool(MethodCall& call) const;
  [[nodiscard]] Action get_prompt(MethodCall& call) const;
  [[nodiscard]] Action read_resource(MethodCall& call) const;
  [[nodiscard]] Action complete(MethodCall& call) const;
  [[nodiscard]] Action listen(MethodCall& call) const;
  [[nodiscard]] Action task(MethodCall& call) const;

  const CurrentCatalogue& catalogue_;
  const McpWriter& writer_;
};

}  // namespace exai::serve::mcp
