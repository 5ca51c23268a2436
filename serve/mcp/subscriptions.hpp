// Who observes changes: the open subscriptions/listen streams and the sessions. Loop thread only.
#pragma once

#include "serve/mcp/session.hpp"
#include "serve/mcp/sink.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace exai::serve::mcp {

class Subscriptions {
 public:
  explicit Subscriptions(const McpWriter& writer) : writer_(writer) {}

  /// Acknowledges and keeps the stream. False when `max` are open already.
  bool listen(const std::string& peer, BeginListen begin, const std::shared_ptr<ResponseSink>& sink,
              std::size_t max);
  /// The client has left the stream, or cancelled it.
  bool drop(const std::string& peer, const RpcId& id);
  void drop_all(const std::string& peer);
  /// Ends all streams from our side, with the result that says so.
  void end_all();

  void join(const std::shared_ptr<Session>& session);
  void leave(const std::string& session);

  void changed(engine::Change what, const std::string& uri);
  void task_changed(const TaskFacts& task, const std::string& details);
  [[nodiscard]] std::size_t size() const { return streams_.size(); }

 private:
  struct Stream {
    ListenFilter filter;
    std::shared_ptr<ResponseSink> sink;
  };
  const McpWriter& writer_;
  std::map<std::pair<std::string, RpcId>, Stream> streams_;
  std::map<std::string, std::weak_ptr<Session>, std::less<>> sessions_;
};

}  // namespace exai::serve::mcp
