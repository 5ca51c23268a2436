// Transports with one stream of messages in each direction: a WebSocket, and the pipes of a child.
#include "io/process.hpp"
#include "mcp/client/transport.hpp"

#include <fmt/core.h>

namespace exai::mcp::client {

Result<void> MessageStream::exchange(const Outgoing& message, const Take& take, const Wait& wait) {
  if (auto sent = send(message, wait.deadline); !sent) return sent;
  for (;;) {
    if (wait.stop.stop_requested()) return fail(ErrorKind::cancelled, "the call was cancelled");
    const Result<std::string> text = receive(wait.slice());
    if (!text) {
      if (text.error().kind == ErrorKind::timeout && !wait.deadline.passed()) continue;
      return fail(text.error());
    }
    if (text->empty()) continue;
    const Result<bool> done = take(*text);
    if (!done) return fail(done.error());
    if (*done) return {};
  }
}

namespace {

class Socket final : public MessageStream {
 public:
  explicit Socket(io::WebSocket socket) : socket_(std::move(socket)) {}
  ~Socket() override { socket_.close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] McpTransport kind() const override { return McpTransport::websocket; }
  Result<void> send(const Outgoing& message, Deadline deadline) override {
    return socket_.send(message.text, deadline);
  }

 protected:
  Result<std::string> receive(Deadline deadline) override { return socket_.receive(deadline); }

 private:
  io::WebSocket socket_;
};

class Pipes final : public MessageStream {
 public:
  Pipes(io::Child child, std::size_t limit) : child_(std::move(child)), limit_(limit) {}
  /// The way MCP ends a server over stdio: close its input, give it a moment, then signals (in Child).
  ~Pipes() override {
    child_.close_stdin();
    (void)child_.wait(Deadline::after(Millis{2000}));
  }
  Pipes(const Pipes&) = delete;
  Pipes& operator=(const Pipes&) = delete;
  [[nodiscard]] McpTransport kind() const override { return McpTransport::stdio; }
  Result<void> send(const Outgoing& message, Deadline deadline) override {
    return child_.write_line(message.text, deadline);
  }

 protected:
  Result<std::string> receive(Deadline deadline) override { return child_.read_line(deadline, limit_); }

 private:
  io::Child child_;
  std::size_t limit_;
};

}  // namespace

std::unique_ptr<Transport> use_socket(io::WebSocket socket) {
  return std::make_unique<Socket>(std::move(socket));
}

Result<io::WebSocket> open_socket(const McpTarget& target, Deadline deadline) {
  io::WebSocket::Options options;
  options.subprotocol = "mcp";
  options.subprotocol_required = false;
  options.headers = target.transport == McpTransport::exai_ws ? target.headers : base_headers(target);
  options.max_message = target.max_message;
  options.ca_file = target.ca_file;
  if (target.transport == McpTransport::exai_ws) options.subprotocol.clear();
  return io::WebSocket::connect(target.url, options, deadline);
}

Result<std::unique_ptr<Transport>> open_stdio(const McpTarget& target) {
  Result<io::Child> child = io::Child::start(target.command);
  if (!child) return fail(child.error());
  return std::make_unique<Pipes>(std::move(*child), target.max_message);
}

}  // namespace exai::mcp::client
