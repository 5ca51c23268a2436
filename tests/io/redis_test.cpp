// The client of Redis against real servers, and against peers that lie.
#include "io/redis.hpp"

#include "tests/catch.hpp"
#include "tests/io/raw_peer.hpp"
#include "tests/io/redis_server.hpp"

#include <thread>

#include <fmt/core.h>

using namespace exai;
using io::RedisConnection;
using io::RedisReply;
using test::RawConnection;
using test::RawPeer;
using test::RedisServer;
using Type = RedisReply::Type;

namespace {

io::Patience soon() {
  return {Deadline::after(Millis{20000})};
}
io::Patience at_once() {
  return {Deadline::after(Millis{80})};
}

Result<RedisConnection> open(const RedisAddress& address, const RedisConnection::Options& options = {}) {
  return RedisConnection::connect(address, options, soon());
}

/// The error of what must not succeed.
template <class T>
Error error_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error();
}

bool says(const Error& error, std::string_view words) {
  INFO(error.message << " | " << error.hint);
  const bool found = (error.message + " | " + error.hint).find(words) != std::string::npos;
  CHECK(found);
  return found;
}

RedisAddress at_port(std::uint16_t port) {
  RedisAddress address;
  address.host = "127.0.0.1";
  address.port = port;
  return address;
}

/// A connection to a peer that greets well and answers the next command with `reply`; then it hangs up, or
/// waits for the other side to do so.
Error answered_with(const std::string& reply, bool hang_up, const io::RedisReader::Limits& limits = {}) {
  const RawPeer peer([&](RawConnection& connection) {
    connection.read();
    connection.write("+OK\r\n");
    connection.read();
    if (connection.write(reply) && !hang_up) connection.wait_for_hangup();
  });
  auto redis = open(at_port(peer.port()), {"", limits});
  REQUIRE(redis);
  const Error error = error_of(redis->ask({"GET", "x"}, hang_up ? soon() : at_once()));
  CHECK_FALSE(redis->is_open());
  says(error_of(redis->ask({"GET", "x"}, soon())), "was closed");
  return error;
}

}  // namespace

TEST_CASE("commands are answered over TCP, a socket and TLS", "[io][redis]") {
  const test::TempFolder folder;
  const test::Certificate certificate = test::make_certificate(folder.path());
  const RedisServer plain, secured({.certificate = certificate, .password = "sesame"});
  RedisConnection::Options options;
  options.ca_file = certificate.certificate.string();
  RedisAddress named = secured.address();
  named.host = "localhost";
  for (const RedisAddress& address : {plain.address(), plain.socket_address(), secured.address(), named}) {
    INFO(address.name());
    auto redis = open(address, options);
    REQUIRE(redis);
    CHECK(redis->name() == address.name());
    CHECK(redis->times().connect.count() > 0);
    CHECK((redis->times().tls.count() > 0) == address.tls);
    CHECK(redis->command({"PING"}, soon())->text == "PONG");
    const std::string binary("a\0\r\n\xff", 5), large(3'000'000, 'x');
    CHECK(redis->command({"SET", "key", binary}, soon())->type == Type::status);
    CHECK(redis->command({"GET", "key"}, soon())->text == binary);
    CHECK(redis->command({"GET", "none"}, soon())->is_nil());
    CHECK(redis->command({"SET", "large", large}, soon()));
    CHECK(redis->command({"GET", "large"}, soon())->text == large);
    CHECK(redis->command({"INCR", "count"}, soon())->integer > 0);
    const auto script =
        redis->command({"EVAL", "return {1, 'two', {3}, redis.status_reply('OK')}", "0"}, soon());
    REQUIRE(script);
    REQUIRE(script->elements.size() == 4);
    CHECK(script->elements[1].text == "two");
    CHECK(script->elements[2].elements.at(0).integer == 3);
    CHECK(script->elements[3].type == Type::status);
  }
}

TEST_CASE("an error reply leaves the connection as it was", "[io][redis]") {
  const RedisServer server;
  auto redis = open(server.socket_address());
  REQUIRE(redis);
  REQUIRE(redis->command({"SET", "text", "x"}, soon()));
  const Error wrong = error_of(redis->command({"LPUSH", "text", "x"}, soon()));
  CHECK(wrong.kind == ErrorKind::invalid);
  says(wrong, "WRONGTYPE");
  const auto raw = redis->ask({"LPUSH", "text", "x"}, soon());
  REQUIRE(raw);
  CHECK(raw->is_error());
  CHECK(error_of(redis->command({"EVALSHA", std::string(40, '0'), "0"}, soon())).kind ==
        ErrorKind::not_found);
  CHECK(error_of(redis->command({}, soon())).kind == ErrorKind::invalid);
  CHECK(redis->command({"PING"}, soon())->text == "PONG");
}

TEST_CASE("a pipeline has a reply to each command, in their order", "[io][redis]") {
  const RedisServer server;
  auto redis = open(server.address());
  REQUIRE(redis);
  std::vector<io::RedisCommand> commands;
  for (int i = 0; i < 3000; ++i)
    commands.push_back(i % 100 == 7 ? io::RedisCommand{"NOSUCH"}
                                    : io::RedisCommand{"ECHO", std::to_string(i)});
  const auto replies = redis->pipeline(commands, soon());
  REQUIRE(replies);
  REQUIRE(replies->size() == commands.size());
  for (std::size_t i = 0; i < replies->size(); ++i) {
    INFO(i);
    CHECK((*replies)[i].is_error() == (i % 100 == 7));
    if (i % 100 != 7) CHECK((*replies)[i].text == std::to_string(i));
  }
  CHECK(redis->pipeline({}, soon())->empty());
  CHECK(redis->command({"PING"}, soon()));
}

TEST_CASE("the database of the address is the one that is used", "[io][redis]") {
  const RedisServer server;
  RedisAddress address = server.address();
  address.database = 3;
  auto third = open(address);
  REQUIRE(third);
  REQUIRE(third->command({"SET", "key", "x"}, soon()));
  CHECK(open(server.address())->command({"GET", "key"}, soon())->is_nil());
  address.database = 99;
  const Error none = error_of(open(address));
  CHECK(none.kind == ErrorKind::config);
  says(none, "no database of that number");
}

TEST_CASE("logins: none, wrong, right, by user, without a right", "[io][redis]") {
  const RedisServer server(
      {.password = "hunter2-hunter2",
       .lines = {"user alice on >wonderland ~own:* +@all", "user narrow on >straits +ping"}});
  RedisAddress address = server.address();
  CHECK(open(address));
  const auto as = [&](const char* user, const char* password) {
    address.user = user;
    address.password = Secret(password);
    return open(address);
  };
  CHECK(as("default", "hunter2-hunter2"));
  CHECK(as("narrow", "straits")->command({"PING"}, soon()));
  CHECK(error_of(as("", "")).kind == ErrorKind::refused);
  says(error_of(as("", "")), "wants a password");
  const Error wrong = error_of(as("", "hunter3-hunter3"));
  CHECK(wrong.kind == ErrorKind::refused);
  says(wrong, "refused user and password");
  CHECK((wrong.message + wrong.hint).find("hunter3") == std::string::npos);
  says(error_of(as("nobody", "wonderland")), "refused user and password");
  const Error alone = error_of(as("alice", ""));
  CHECK(alone.kind == ErrorKind::config);
  says(alone, "redis://:PASSWORD@HOST");
  auto alice = as("alice", "wonderland");
  REQUIRE(alice);
  CHECK(alice->command({"SET", "own:1", "x"}, soon()));
  CHECK(error_of(alice->command({"SET", "other", "x"}, soon())).kind == ErrorKind::refused);
  CHECK(alice->is_open());
}

TEST_CASE("a password for a server without one is told", "[io][redis]") {
  const RedisServer server;
  RedisAddress address = server.address();
  address.password = Secret("hunter2-hunter2");
  says(error_of(open(address)), "has no password set");
}

TEST_CASE("a server that echoes what it does not know shows no password", "[io][redis]") {
  const RedisServer server({.lines = {"rename-command AUTH \"\""}});
  RedisAddress address = server.address();
  address.password = Secret("hunter2-hunter2");
  const Error error = error_of(open(address));
  says(error, "does not know AUTH");
  CHECK((error.message + error.hint).find("hunter2") == std::string::npos);
}

TEST_CASE("TLS: the authority must be trusted and the name be that of the certificate", "[io][redis]") {
  const test::TempFolder folder;
  const test::Certificate certificate = test::make_certificate(folder.path());
  const RedisServer server({.certificate = certificate});
  RedisAddress address = server.address();
  RedisConnection::Options options;
  SECTION("unknown to this machine") {
    const Error error = error_of(open(address));
    CHECK(error.kind == ErrorKind::unreachable);
    says(error, "TLS failed");
    says(error, "certificate refused");
    says(error, "ca-certificates");
  }
  options.ca_file = certificate.certificate.string();
  SECTION("for another name") {
    address.host = "127.0.0.2";  // the server listens there too, to no avail
    const RedisServer wide({.certificate = certificate, .lines = {"bind 127.0.0.1 127.0.0.2"}});
    address.port = wide.port();
    says(error_of(open(address, options)), "is for another name than 127.0.0.2");
  }
  SECTION("a file that is none") {
    options.ca_file = folder / "none.pem";
    CHECK(error_of(open(address, options)).kind == ErrorKind::missing_input);
  }
  SECTION("spoken to a plain port") {
    const RedisServer plain;
    RedisAddress wrong = plain.address();
    wrong.tls = true;
    const Error error = error_of(RedisConnection::connect(wrong, options, {Deadline::after(Millis{500})}));
    says(error, "TLS");
    says(error, "redis://");
  }
  SECTION("not spoken to a TLS port") {
    address.tls = false;
    says(error_of(open(address)), "rediss://");
  }
}

TEST_CASE("servers that are not for this are recognised", "[io][redis]") {
  SECTION("a sentinel") {
    const RedisServer server({.sentinel = true});
    const Error error = error_of(open(server.address()));
    CHECK(error.kind == ErrorKind::config);
    says(error, "is a sentinel");
    says(error, "get-master-addr-by-name");
  }
  SECTION("a node of a cluster") {
    const RedisServer server({.lines = {"cluster-enabled yes"}});
    auto redis = open(server.address());
    REQUIRE(redis);
    says(error_of(redis->command({"SET", "x", "y"}, soon())), "is a cluster");
    RedisAddress address = server.address();
    address.database = 1;
    says(error_of(open(address)), "database 0 only");
  }
  SECTION("a replica") {
    const RedisServer server({.lines = {"replicaof 127.0.0.1 1"}});
    auto redis = open(server.address());
    REQUIRE(redis);
    says(error_of(redis->command({"SET", "x", "y"}, soon())), "is a replica");
  }
  SECTION("a full one") {
    const RedisServer server({.lines = {"maxmemory 1", "maxmemory-policy noeviction"}});
    auto redis = open(server.address());
    REQUIRE(redis);
    says(error_of(redis->command({"SET", "x", "y"}, soon())), "is full");
  }
  SECTION("one with too many clients") {
    const RedisServer server({.lines = {"maxclients 1"}});
    const auto first = open(server.address());
    REQUIRE(first);
    const Error error = error_of(open(server.address()));
    CHECK(error.kind == ErrorKind::busy);
    says(error, "as many clients as it takes");
  }
}

TEST_CASE("protected mode is told, although it was said before anything was asked", "[io][redis]") {
  const RawPeer peer([](RawConnection& connection) {
    connection.write("-DENIED Redis is running in protected mode because protected mode is enabled\r\n");
  });
  const Error error = error_of(open(at_port(peer.port())));
  CHECK(error.kind == ErrorKind::refused);
  says(error, "protected mode");
}

TEST_CASE("addresses where nobody answers", "[io][redis]") {
  const RedisServer server;
  RedisAddress address = server.socket_address();
  address.socket += ".none";
  const Error gone = error_of(open(address));
  CHECK(gone.kind == ErrorKind::unreachable);
  says(gone, "connect failed after");
  says(error_of(open(at_port(1))), "cannot reach 127.0.0.1:1: connect failed after");
  address = at_port(6379);
  address.host = "no-such-host.invalid";
  const Error unknown = error_of(open(address));
  says(unknown, "no-such-host.invalid");
  says(unknown, "resolve");
}

TEST_CASE("a frozen server costs no more than the deadline, and its late answer is not taken for another",
          "[io][redis]") {
  RedisServer server;
  auto redis = open(server.address());
  REQUIRE(redis);
  server.freeze();
  const Error late = error_of(redis->command({"ECHO", "first"}, at_once()));
  CHECK(late.kind == ErrorKind::timeout);
  says(late, "phase command was not over after");
  CHECK_FALSE(redis->is_open());
  const Error greeting = error_of(RedisConnection::connect(server.address(), {}, at_once()));
  CHECK(greeting.kind == ErrorKind::timeout);
  says(greeting, "phase auth");
  server.thaw();
  says(error_of(redis->command({"ECHO", "second"}, soon())), "was closed");
  auto anew = open(server.address());
  REQUIRE(anew);
  CHECK(anew->command({"ECHO", "second"}, soon())->text == "second");
}

TEST_CASE("a stop ends a wait at once", "[io][redis]") {
  RedisServer server;
  auto redis = open(server.address());
  REQUIRE(redis);
  server.freeze();
  std::stop_source source;
  std::optional<Result<RedisReply>> reply;
  std::thread asker([&] {
    reply = redis->command({"PING"}, {Deadline::after(Millis{20000}), source.get_token()});
  });
  source.request_stop();
  asker.join();
  CHECK(error_of(*reply).kind == ErrorKind::cancelled);
  CHECK_FALSE(redis->is_open());
  CHECK(
      error_of(RedisConnection::connect(server.address(), {}, {soon().deadline, source.get_token()})).kind ==
      ErrorKind::cancelled);
}

TEST_CASE("a stop that comes after the answer spoils nothing that follows", "[io][redis]") {
  const RedisServer server;
  auto redis = open(server.address());
  REQUIRE(redis);
  for (int i = 0; i < 50; ++i) {
    std::stop_source source;
    std::thread stopper([&] { source.request_stop(); });
    const auto reply = redis->command({"PING"}, {Deadline::after(Millis{20000}), source.get_token()});
    stopper.join();
    if (!reply) {
      CHECK(reply.error().kind == ErrorKind::cancelled);
      redis = open(server.address());
      REQUIRE(redis);
    }
    CHECK(redis->command({"PING"}, soon()));
  }
}

TEST_CASE("a server that ended is noticed before the next command", "[io][redis]") {
  RedisServer server;
  auto redis = open(server.address());
  REQUIRE(redis);
  server.kill();
  const Error error = error_of(redis->command({"PING"}, soon()));
  CHECK(error.kind == ErrorKind::unreachable);
  CHECK_FALSE(redis->is_open());
}

TEST_CASE("an answer that is cut at any byte is no answer", "[io][redis]") {
  const std::string whole = "*3\r\n$3\r\nabc\r\n:12\r\n*1\r\n+OK\r\n";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    INFO(at);
    const Error error = answered_with(whole.substr(0, at), true);
    CHECK(error.kind == (at == 0 ? ErrorKind::unreachable : ErrorKind::invalid));
    says(error, at == 0 ? "closed the connection in phase command" : "was cut short");
  }
}

TEST_CASE("an answer that comes byte by byte is whole", "[io][redis]") {
  const RawPeer peer([](RawConnection& connection) {
    connection.read();
    connection.write("+OK\r\n");
    connection.read();
    for (const char c : std::string("*3\r\n$3\r\nabc\r\n:12\r\n*1\r\n+OK\r\n")) connection.write({&c, 1});
    connection.wait_for_hangup();
  });
  auto redis = open(at_port(peer.port()));
  REQUIRE(redis);
  const auto reply = redis->ask({"X"}, soon());
  REQUIRE(reply);
  CHECK(reply->elements.size() == 3);
  CHECK(redis->is_open());
}

TEST_CASE("answers that lie about themselves are refused at once", "[io][redis]") {
  const auto [bytes, why] = GENERATE(table<std::string, std::string>({
      {"*2147483647\r\n", "elements"},
      {"*10\r\n*2000000\r\n", "elements"},
      {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "depth"},
      {"$67108865\r\n", "larger than 67108864 bytes"},
      {"$-7\r\n", "out of range"},
      {"*-7\r\n", "out of range"},
      {"%2\r\n", "reply type"},
      {"SSH-2.0-x\r\n", "reply type"},
      {std::string("\x00\x00\x00", 3), "reply type"},
  }));
  INFO(bytes);
  const Error error = answered_with(bytes, false);
  CHECK(error.kind == ErrorKind::invalid);
  says(error, why);
}

TEST_CASE("answers without an end stop at the limits", "[io][redis]") {
  const auto [begin, more, why] = GENERATE(table<std::string, std::string, std::string>({
      {"*1000000\r\n", ":1\r\n:1\r\n:1\r\n:1\r\n", "larger than 1000000 bytes"},
      {"*1000000\r\n", "*0\r\n*0\r\n*0\r\n*1\r\n", "larger than"},
      {"+", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a line is longer than"},
      {"$999999\r\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "larger than"},
  }));
  INFO(begin);
  const RawPeer peer([&](RawConnection& connection) {
    connection.read();
    connection.write("+OK\r\n");
    connection.read();
    std::string piece;
    while (piece.size() < 32'000) piece += more;
    connection.write(begin);
    while (connection.write(piece)) {
    }
  });
  auto redis = open(at_port(peer.port()), {"", {1'000'000, 1'000'000}});
  REQUIRE(redis);
  const Error error = error_of(redis->ask({"X"}, soon()));
  CHECK(error.kind == ErrorKind::invalid);
  if (begin[0] != '*') says(error, why);
  CHECK_FALSE(redis->is_open());
}

TEST_CASE("a peer that never stops and never ends runs into the deadline", "[io][redis]") {
  const RawPeer peer([](RawConnection& connection) {
    connection.read();
    connection.write("+OK\r\n");
    connection.read();
    connection.write("*1000000\r\n");
    while (connection.write(":1\r\n")) {
    }
  });
  auto redis = open(at_port(peer.port()));
  REQUIRE(redis);
  const auto reply = redis->ask({"X"}, at_once());
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == ErrorKind::timeout);
}

TEST_CASE("what nobody asked for is not taken for an answer", "[io][redis]") {
  const RawPeer peer([](RawConnection& connection) {
    connection.read();
    connection.write("+OK\r\n+more\r\n");
    connection.wait_for_hangup();
  });
  auto redis = open(at_port(peer.port()));
  REQUIRE(redis);
  const auto reply = redis->ask({"GET", "x"}, soon());
  REQUIRE_FALSE(reply);
  says(reply.error(), "nobody asked for");
  CHECK_FALSE(redis->is_open());
}

TEST_CASE("other protocols on the port are named", "[io][redis]") {
  const auto [greeting, hint] = GENERATE(table<std::string, std::string>({
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "an HTTP server answers there"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "an SSH server answers there"},
      {std::string("\x15\x03\x01\x00\x02\x02\x46", 7), "rediss://"},
      {"220 mail ESMTP\r\n", "is it Redis that answers there?"},
  }));
  const RawPeer peer([&](RawConnection& connection) {
    connection.read();
    connection.write(greeting);
    connection.wait_for_hangup();
  });
  says(error_of(open(at_port(peer.port()))), hint);
}
