#include "io/websocket.hpp"

#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/io/ws_server.hpp"
#include "tests/simulator/server.hpp"

#include <fmt/core.h>

using namespace exai;
using test::WsPeer;

namespace {

Deadline soon() {
  return Deadline::after(Millis{20000});
}
Deadline at_once() {
  return Deadline::after(Millis{50});
}

Result<io::WebSocket> open(const test::WsServer& server) {
  return io::WebSocket::connect(server.url(), {}, soon());
}

void echo(WsPeer& peer) {
  for (std::string text = peer.read(); !text.empty(); text = peer.read()) peer.write("echo " + text);
}

}  // namespace

TEST_CASE("messages go both ways and pings are answered", "[io][websocket]") {
  const test::WsServer server(echo);
  auto socket = open(server);
  REQUIRE(socket);
  REQUIRE(socket->send("one", soon()));
  CHECK(socket->receive(soon()).value() == "echo one");
  REQUIRE(socket->send("two", soon()));
  CHECK(socket->ping(soon()));
  CHECK(socket->receive(soon()).value() == "echo two");
  CHECK(socket->ping(soon()));
  const std::string large(3'000'000, 'x');
  REQUIRE(socket->send(large, soon()));
  CHECK(socket->receive(soon())->size() == large.size() + 5);
  socket->close();
}

TEST_CASE("a timed out wait loses nothing of a message that comes later", "[io][websocket]") {
  const test::WsServer server([](WsPeer& peer) {
    peer.write_part("first half, ");
    (void)peer.read();
    peer.write_part("second half");
    peer.write("");
    (void)peer.read();
  });
  auto socket = open(server);
  REQUIRE(socket);
  for (int i = 0; i < 3; ++i) {
    const auto nothing = socket->receive(at_once());
    REQUIRE(!nothing);
    CHECK(nothing.error().kind == ErrorKind::timeout);
  }
  REQUIRE(socket->send("go on", soon()));
  CHECK(socket->receive(soon()).value() == "first half, second half");
}

TEST_CASE("a close comes with its code and reason", "[io][websocket]") {
  const test::WsServer server([](WsPeer& peer) { peer.close(4003, "unauthorized"); });
  auto socket = open(server);
  REQUIRE(socket);
  const auto end = socket->receive(soon());
  REQUIRE(!end);
  CHECK(end.error().kind == ErrorKind::unreachable);
  CHECK(end.error().message.find("4003") != std::string::npos);
  CHECK(end.error().message.find("unauthorized") != std::string::npos);
  CHECK(!socket->send("late", soon()));
}

TEST_CASE("a peer that answers no ping runs into the deadline", "[io][websocket]") {
  const test::WsServer server([](WsPeer& peer) { peer.sleep(); });
  auto socket = open(server);
  REQUIRE(socket);
  const auto pong = socket->ping(at_once());
  REQUIRE(!pong);
  CHECK(pong.error().kind == ErrorKind::timeout);
}

TEST_CASE("a message over the limit is refused", "[io][websocket]") {
  const test::WsServer server([](WsPeer& peer) {
    peer.write(std::string(2000, 'x'));
    (void)peer.read();
  });
  io::WebSocket::Options options;
  options.max_message = 1000;
  auto socket = io::WebSocket::connect(server.url(), options, soon());
  REQUIRE(socket);
  const auto large = socket->receive(soon());
  REQUIRE(!large);
  CHECK(large.error().kind == ErrorKind::invalid);
  CHECK(large.error().message.find("larger than") != std::string::npos);
}

TEST_CASE("a subprotocol is offered, and missed only where it is required", "[io][websocket]") {
  const auto ask = [](const std::string& spoken, bool required) {
    const test::WsServer server(echo, {.subprotocol = spoken});
    io::WebSocket::Options options;
    options.subprotocol = "mcp";
    options.subprotocol_required = required;
    auto socket = io::WebSocket::connect(server.url(), options, soon());
    return socket ? socket->subprotocol() : "(" + std::string(to_string(socket.error().kind)) + ")";
  };
  CHECK(ask("mcp", true) == "mcp");
  CHECK(ask("mcp", false) == "mcp");
  CHECK(ask("", false).empty());
  CHECK(ask("", true) == "(unreachable)");
}

TEST_CASE("over TLS the certificate must be of a trusted authority and for this host", "[io][websocket]") {
  const test::TempFolder folder;
  const test::Certificate certificate = test::make_certificate(folder.path());
  io::WebSocket::Options options;
  SECTION("trusted") {
    const test::WsServer server(echo, {.subprotocol = "", .certificate = certificate});
    options.ca_file = certificate.certificate.string();
    auto socket = io::WebSocket::connect(server.url(), options, soon());
    REQUIRE(socket);
    REQUIRE(socket->send("one", soon()));
    CHECK(socket->receive(soon()).value() == "echo one");
    socket->close();
  }
  SECTION("unknown to this machine") {
    const test::WsServer server(echo, {.subprotocol = "", .certificate = certificate});
    const auto socket = io::WebSocket::connect(server.url(), options, soon());
    REQUIRE(!socket);
    CHECK(socket.error().kind == ErrorKind::unreachable);
    CHECK(socket.error().message.find("TLS") != std::string::npos);
  }
  SECTION("for another host") {
    const test::WsServer server(echo, {.subprotocol = "", .certificate = certificate});
    options.ca_file = certificate.certificate.string();
    std::string url = server.url();
    url.replace(url.find("127.0.0.1"), 9, "127.0.0.2");
    CHECK(!io::WebSocket::connect(url, options, soon()));
  }
  SECTION("no such file") {
    options.ca_file = folder.path() / "none.pem";
    CHECK(io::WebSocket::connect("wss://127.0.0.1:1/", options, soon()).error().kind ==
          ErrorKind::missing_input);
  }
}

TEST_CASE("a server that does not speak WebSocket is recognized", "[io][websocket]") {
  const auto plain =
      simulator::Server::start(0, [](simulator::Connection& connection, const simulator::RawRequest&) {
        return connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
      });
  REQUIRE(plain);
  const std::string url = fmt::format("ws://127.0.0.1:{}/", (*plain)->port());
  const auto forbidden = io::WebSocket::connect(url, {}, soon());
  REQUIRE(!forbidden);
  CHECK(forbidden.error().kind == ErrorKind::refused);
  CHECK(forbidden.error().message.find("403") != std::string::npos);

  const auto silent =
      simulator::Server::start(0, [](simulator::Connection& connection, const simulator::RawRequest&) {
        return connection.wait_for_hangup();
      });
  REQUIRE(silent);
  const auto late =
      io::WebSocket::connect(fmt::format("ws://127.0.0.1:{}/", (*silent)->port()), {}, at_once());
  REQUIRE(!late);
  CHECK(late.error().kind == ErrorKind::timeout);

  CHECK(io::WebSocket::connect("http://127.0.0.1:1/", {}, soon()).error().kind == ErrorKind::invalid);
  const auto nobody = io::WebSocket::connect("ws://127.0.0.1:1/", {}, soon());
  REQUIRE(!nobody);
  CHECK(nobody.error().kind == ErrorKind::unreachable);
  CHECK(!nobody.error().hint.empty());
}
