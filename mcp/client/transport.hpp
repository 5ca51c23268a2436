// The ways of one message to a server and of its answers back. None of them knows a method.
#pragma once

#include "core/text.hpp"
#include "io/http.hpp"
#include "io/websocket.hpp"
#include "mcp/client/client.hpp"

namespace exai::mcp::client {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Until when a wait may last, and what ends it early.
struct Wait {
  Deadline deadline;
  std::stop_token stop;
  /// The next moment at which to look, where a stop request does not wake by itself.
  [[nodiscard]] Deadline slice() const {
    return stop.stop_possible() ? deadline.within(Millis{50}) : deadline;
  }
  /// Sleeps; false when the deadline or a stop request came first.
  [[nodiscard]] bool pause(Millis time) const;
};

/// One message with the headers that HTTP repeats it in (SEP-2243); other transports leave them out.
struct Outgoing {
  std::string text;
  Headers headers;
};

/// Gets each message that comes during an exchange; true when it was the one waited for.
using Take = std::function<Result<bool>(std::string_view text)>;

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;
  [[nodiscard]] virtual McpTransport kind() const = 0;
  /// Sends a request and hands over what comes until `take` is content. Success means that it was.
  virtual Result<void> exchange(const Outgoing& message, const Take& take, const Wait& wait) = 0;
  /// Sends what has no answer: a notification, or our answer to a request of the server's.
  virtual Result<void> send(const Outgoing& message, Deadline deadline) = 0;
  /// From now on the peers speak this version; a session exists in the legacy era only.
  virtual void agree(const std::string& /*version*/, bool /*session*/) {}
  /// Makes room for what the server sends of its own accord while a call runs, where that takes a stream.
  virtual void listen(const Wait& /*wait*/) {}
  /// HTTP status of the last exchange; 0 where there is none, or no answer came.
  [[nodiscard]] virtual int status() const { return 0; }
};

/// Transports with one stream of messages in each direction.
class MessageStream : public Transport {
 public:
  Result<void> exchange(const Outgoing& message, const Take& take, const Wait& wait) final;

 protected:
  /// The next message; `timeout` at the deadline loses nothing.
  virtual Result<std::string> receive(Deadline deadline) = 0;
};

Result<std::unique_ptr<Transport>> open_http(const McpTarget& target);
/// GETs the stream and waits for its `endpoint` event.
Result<std::unique_ptr<Transport>> open_sse(const McpTarget& target, const Wait& wait);
Result<std::unique_ptr<Transport>> open_stdio(const McpTarget& target);
/// MCP over a socket that is open already.
std::unique_ptr<Transport> use_socket(io::WebSocket socket);
/// Offers the subprotocol `mcp`; the server may do without, see WebSocket::subprotocol().
Result<io::WebSocket> open_socket(const McpTarget& target, Deadline deadline);

/// What every HTTP request to the server carries.
Headers base_headers(const McpTarget& target);
/// What a status outside 200 to 299 says, with the start of the body.
Error refused_by_status(const std::string& url, int status, std::string_view body);

}  // namespace exai::mcp::client
