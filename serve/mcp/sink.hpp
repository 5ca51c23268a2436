// Where the messages that belong to one request go; each transport has its own.
#pragma once

#include "serve/mcp/dispatcher.hpp"

#include <string>

namespace exai::serve::mcp {

/// Loop thread only. Exactly one of answer(), forbid(), accepted(), open_session() and abandon() comes, last.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  /// A notification, or a request to the client. Droppable ones may be lost when the client reads too slowly.
  virtual void send(std::string message, bool droppable) = 0;
  /// False when the client takes nothing but the answer.
  [[nodiscard]] virtual bool can_send() const = 0;
  /// `http`: the status where there is one and nothing was sent before.
  virtual void answer(std::string message, int http) = 0;
  /// An answer that refuses for want of a scope, where a transport has a word for that.
  virtual void forbid(std::string message, Scope /*needed*/) { answer(std::move(message), 403); }
  virtual void accepted() = 0;
  /// `initialize` was answered: opens the session and answers.
  virtual void open_session(OpenSession opened) = 0;
  /// There will be no answer (cancelled by the caller).
  virtual void abandon() = 0;
  /// The answer will take a while: the connection may close, if the client can come back for it.
  virtual void let_poll() {}
  /// Messages follow until the client leaves (subscriptions/listen).
  virtual void stay() {}
};

}  // namespace exai::serve::mcp
