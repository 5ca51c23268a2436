// A server in this process for tests: the real sockets, engine and protocols on free ports, with settings and
// tools of the test.
#pragma once

#include "core/config.hpp"
#include "serve/server_parts.hpp"
#include "tests/scratch.hpp"

#include <future>
#include <optional>
#include <string>
#include <thread>

namespace exai::tests {

using Settings = std::vector<RawSetting>;
/// Settings by key over the defaults; fails the test on a wrong one.
Config config_of(const Settings& settings);

/// Everything but files of the deployment and signals; the loop runs in a thread of its own.
class TestServer {
 public:
  /// `access_clock` is the one that keys and tokens are judged by, and requests counted.
  explicit TestServer(const Settings& settings = {}, const Clock& access_clock = system_clock());
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  TestServer(TestServer&&) = delete;
  TestServer& operator=(TestServer&&) = delete;

  [[nodiscard]] std::uint16_t mcp() const;
  [[nodiscard]] std::uint16_t websocket() const;
  [[nodiscard]] std::uint16_t health() const;
  /// Runs on the loop and waits for it.
  void on_loop(std::function<void()> job);
  engine::Engine& engine() { return parts_->engine; }
  engine::Metrics& metrics() { return parts_->metrics; }
  serve::McpStack& mcp_stack() { return parts_->mcp; }
  /// Puts other rules of access in place, as a reload does.
  void replace_access(const Settings& settings);
  serve::auth::Guard& guard() { return parts_->guard; }
  serve::exai_ws::Service& exai_ws() { return parts_->exai_ws_service; }
  serve::ServerParts& parts() { return *parts_; }
  [[nodiscard]] const std::filesystem::path& root() const { return scratch_.path(); }

 private:
  Scratch scratch_;
  const Clock& access_clock_;
  serve::ServeOptions options_;
  const serve::mcp::McpWriter writer_{serve::mcp::ServerIdentity{"exai-test", "0", ""}};
  std::optional<serve::ServerParts> parts_;
  std::thread thread_;
};

/// A latch that test tools wait for: `test_wait` blocks until open() or until it is cancelled.
class Gate {
 public:
  static void close();
  static void open();
  /// Waits until that many test_wait calls are inside.
  static bool entered(int calls);
  static int stopped();  ///< calls that left because they were cancelled, since close()
};

/// A TCP connection with blocking reads of at most five seconds.
class TcpClient {
 public:
  explicit TcpClient(std::uint16_t port);
  ~TcpClient();
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;
  TcpClient(TcpClient&&) = delete;
  TcpClient& operator=(TcpClient&&) = delete;
  void send(std::string_view bytes);
  void half_close();
  /// Whatever has come; "" at the end of the stream.
  std::string some();
  std::string until(std::string_view mark);
  std::string all();

 private:
  int socket_ = -1;
};

/// A WebSocket client of the plainest kind.
class WebSocketTestClient {
 public:
  explicit WebSocketTestClient(std::uint16_t port, const std::string& head = {});
  void send(const std::string& text, unsigned char first = 0x81);
  /// The next frame's text; "close 4001" for a close frame, "" at the end.
  std::string receive();
  Json json();
  Json hello(const std::string& token = {});
  /// A hello that asks to resume `session`, or for a session that can be resumed.
  Json hello_again(const std::string& session = "new", const std::string& token = {});
  /// The next frame of that op; others are skipped.
  Json until(const std::string& op);
  TcpClient& tcp() { return tcp_; }
  int status = 0;  ///< of the upgrade

 private:
  bool need(std::size_t count);
  TcpClient tcp_;
  std::string bytes_;
};

struct HttpReply {
  int status = 0;
  std::string head, body;
  [[nodiscard]] std::string header(const std::string& name) const;
};
/// One request on a connection of its own. `head` has further header lines, each ending with \r\n.
HttpReply http(std::uint16_t port, const std::string& method, const std::string& path,
               const std::string& head, const std::string& body = {});
/// POST /mcp with the usual headers; initialises first when `session` is empty and the message is no
/// initialize.
HttpReply post(std::uint16_t port, const std::string& message, const std::string& session);
std::string initialize(std::uint16_t port);  ///< the session id
std::string call(const std::string& id, const std::string& tool, const std::string& arguments,
                 const std::string& meta = {});

}  // namespace exai::tests
