#include "io/http.hpp"

#include "io/guard.hpp"
#include "io/process.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/simulator/server.hpp"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <fmt/core.h>

using namespace exai;
using simulator::Connection;
using simulator::RawRequest;

namespace {

std::unique_ptr<simulator::Server> serve(simulator::Handler handler) {
  auto server = simulator::Server::start(0, std::move(handler));
  REQUIRE(server);
  return std::move(*server);
}

std::unique_ptr<simulator::Server> always(const std::string& answer) {
  return serve([answer](Connection& connection, const RawRequest&) { return connection.write(answer); });
}

io::HttpRequest to(const simulator::Server& server, const std::string& path = "/x") {
  io::HttpRequest request;
  request.url = fmt::format("http://127.0.0.1:{}{}", server.port(), path);
  return request;
}

std::string ok(const std::string& body) {
  return fmt::format("HTTP/1.1 200 OK\r\nX-Name: a\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

Millis elapsed(Steady since) {
  return std::chrono::duration_cast<Millis>(system_clock().steady() - since);
}

}  // namespace

TEST_CASE("an exchange carries method, headers and body both ways", "[io][http]") {
  RawRequest got;
  const auto server = serve([&got](Connection& connection, const RawRequest& request) {
    got = request;
    return connection.write("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n" + ok("hello"));
  });
  io::HttpRequest request = to(*server, "/a?b=c");
  request.method = "POST";
  request.body = std::string("zero \0 byte", 11);
  request.headers = {{"X-One", "1"}, {"Authorization", "Bearer t"}};
  const auto response = io::http_exchange(request);
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->body == "hello");
  CHECK(response->header("x-name") == "a");
  CHECK(response->header("x-interim").empty());
  CHECK(got.method == "POST");
  CHECK(got.path == "/a?b=c");
  CHECK(got.authorization == "Bearer t");
  CHECK(got.body == request.body);
  CHECK(got.head.find("X-One: 1") != std::string::npos);
  CHECK(got.head.find("User-Agent: exai/") != std::string::npos);
}

TEST_CASE("a form carries fields and files", "[io][http]") {
  RawRequest got;
  const auto server = serve([&got](Connection& connection, const RawRequest& request) {
    got = request;
    return connection.write(ok("taken"));
  });
  const test::TempFolder folder;
  const std::string content = std::string(3'000'000, 'x') + "\r\n--end";
  const auto file = folder.path() / "large.bin";
  std::ofstream(file, std::ios::binary) << content;
  io::HttpRequest request = to(*server, "/files");
  request.method = "POST";
  request.form = {
      {.name = "purpose", .value = "file-extract", .file = {}, .file_name = {}, .type = {}},
      {.name = "file", .value = {}, .file = file, .file_name = "notes.txt", .type = "text/plain"}};
  const auto response = io::http_exchange(request);
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(got.method == "POST");
  CHECK(got.head.find("Content-Type: multipart/form-data; boundary=") != std::string::npos);
  CHECK(got.body.find("name=\"purpose\"\r\n\r\nfile-extract\r\n") != std::string::npos);
  CHECK(got.body.find("name=\"file\"; filename=\"notes.txt\"\r\nContent-Type: text/plain\r\n\r\n" + content +
                      "\r\n--") != std::string::npos);
  // The handles are clean for what comes next.
  REQUIRE(io::http_exchange(to(*server)));
  CHECK(got.method == "GET");
  CHECK(got.body.empty());
  request.form[1].file = folder.path() / "none";
  CHECK(io::http_exchange(request).error().kind == ErrorKind::missing_input);
  request.form[1].file = "/dev/zero";
  CHECK(io::http_exchange(request).error().kind == ErrorKind::missing_input);
}

TEST_CASE("connections of a thread are reused", "[io][http]") {
  const auto server = always(ok("x"));
  for (int i = 0; i < 5; ++i) REQUIRE(io::http_exchange(to(*server)));
  CHECK(server->connections() == 1);
}

TEST_CASE("a POST is sent once, also when a connection that was open dies under it", "[io][http]") {
  std::atomic<int> asked{0};
  const auto server = serve([&asked](Connection& connection, const RawRequest& request) {
    if (request.path == "/warm") return connection.write(ok("x"));
    ++asked;
    return false;  // read, perhaps acted on, and never answered
  });
  const std::string method = GENERATE("POST", "PATCH");
  io::HttpRequest paid = to(*server, "/paid");
  paid.method = method;
  paid.body = GENERATE(std::string(), std::string("{}"), std::string(300'000, 'x'));
  REQUIRE(io::http_exchange(to(*server, "/warm")));
  const auto answer = io::http_exchange(paid);
  CHECK(asked == 1);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ErrorKind::unreachable);
  CHECK(answer.error().message.find("not sent again") != std::string::npos);
  // The next one finds a new connection, which is warm again afterwards.
  REQUIRE(io::http_exchange(to(*server, "/warm")));
  const std::size_t before = server->connections();
  REQUIRE(io::http_exchange(to(*server, "/warm")));
  CHECK(server->connections() == before);
}

TEST_CASE("a GET is retried on a new connection", "[io][http]") {
  std::atomic<int> asked{0};
  const auto server = serve([&asked](Connection& connection, const RawRequest&) {
    return ++asked != 2 && connection.write(ok("x"));
  });
  REQUIRE(io::http_exchange(to(*server)));
  REQUIRE(io::http_exchange(to(*server)));
  CHECK(asked == 3);
}

TEST_CASE("a compressed answer is requested and decompressed, streamed or not", "[io][http]") {
  // gzip of "hello hello hello hello"
  static const std::string k_packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\xe3\x51\x3d\x8d\x17"
      "\x00\x00\x00",
      28);
  std::string asked;
  const auto server = serve([&asked](Connection& connection, const RawRequest& request) {
    asked = request.head;
    return connection.write(
        fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                    k_packed.size()) +
        k_packed);
  });
  io::HttpRequest request = to(*server);
  const auto whole = io::http_exchange(request);
  REQUIRE(whole);
  CHECK(whole->body == "hello hello hello hello");
  CHECK(asked.find("Accept-Encoding: gzip") != std::string::npos);
  std::string streamed;
  request.on_data = [&](std::string_view bytes) {
    streamed += bytes;
    return true;
  };
  REQUIRE(io::http_exchange(request));
  CHECK(streamed == "hello hello hello hello");
  request.max_body = 22;  // of what comes out: a small packet may hold a large answer
  CHECK(io::http_exchange(request).error().kind == ErrorKind::invalid);
}

TEST_CASE("the head of an answer is known before its first byte", "[io][http]") {
  const auto server = always("HTTP/1.1 201 Made\r\nContent-Type: text/x\r\nContent-Length: 1\r\n\r\ny");
  std::string received;
  io::HttpRequest request = to(*server);
  request.on_head = [&](const io::HttpResponse& head) {
    received += fmt::format("{} {};", head.status, head.header("content-type"));
  };
  request.on_data = [&](std::string_view bytes) {
    received += bytes;
    return true;
  };
  REQUIRE(io::http_exchange(request));
  CHECK(received == "201 text/x;y");
}

TEST_CASE("any status is an answer, redirects are not followed", "[io][http]") {
  const auto server =
      always("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nno");
  const auto response = io::http_exchange(to(*server));
  REQUIRE(response);
  CHECK(response->status == 302);
  CHECK(response->body == "no");
}

TEST_CASE("data is streamed, but not the body of an error", "[io][http]") {
  std::string streamed;
  const auto good = always(ok("streamed"));
  io::HttpRequest request = to(*good);
  request.on_data = [&](std::string_view bytes) {
    streamed += bytes;
    return true;
  };
  const auto response = io::http_exchange(request);
  REQUIRE(response);
  CHECK(streamed == "streamed");
  CHECK(response->body.empty());

  const auto bad = always("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\noops");
  io::HttpRequest second = to(*bad);
  second.on_data = [](std::string_view) -> bool { throw std::runtime_error("not for errors"); };
  const auto refused = io::http_exchange(second);
  REQUIRE(refused);
  CHECK(refused->body == "oops");
}

TEST_CASE("the receiver may stop a stream that would never end", "[io][http]") {
  const auto server = serve([](Connection& connection, const RawRequest&) {
    connection.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n");
    connection.wait_for_hangup();
    return false;
  });
  io::HttpRequest request = to(*server);
  request.on_data = [](std::string_view) { return false; };
  const auto response = io::http_exchange(request);
  REQUIRE(response);
  CHECK(response->status == 200);
}

TEST_CASE("a body over the limit is an error, streamed or not", "[io][http]") {
  const auto server = always(ok(std::string(5000, 'x')));
  io::HttpRequest request = to(*server);
  request.max_body = 4999;
  CHECK(io::http_exchange(request).error().kind == ErrorKind::invalid);
  request.on_data = [](std::string_view) { return true; };
  CHECK(io::http_exchange(request).error().kind == ErrorKind::invalid);
  request.max_body = 5000;
  CHECK(io::http_exchange(request));
}

TEST_CASE("a stop token ends a transfer at once", "[io][http]") {
  std::stop_source stop;
  const auto server = serve([&stop](Connection& connection, const RawRequest&) {
    stop.request_stop();  // the request has arrived, the answer never will
    connection.wait_for_hangup();
    return false;
  });
  io::HttpRequest request = to(*server);
  request.stop = stop.get_token();
  request.deadline = Deadline::after(Millis{30000});
  const Steady start = system_clock().steady();
  const auto response = io::http_exchange(request);
  REQUIRE(!response);
  CHECK(response.error().kind == ErrorKind::cancelled);
  CHECK(elapsed(start) < Millis{5000});
}

TEST_CASE("the deadline ends a transfer and names the phase", "[io][http]") {
  const auto server =
      serve([](Connection& connection, const RawRequest&) { return connection.wait_for_hangup(); });
  io::HttpRequest request = to(*server);
  request.deadline = Deadline::after(Millis{50});
  const auto response = io::http_exchange(request);
  REQUIRE(!response);
  CHECK(response.error().kind == ErrorKind::timeout);
  CHECK(response.error().message.find("receive") != std::string::npos);
  CHECK(response.error().message.find(fmt::format("127.0.0.1:{}", server->port())) != std::string::npos);
}

TEST_CASE("a refused connection, a reset and a truncated answer are distinguished", "[io][http]") {
  std::string url;
  {
    const auto server = always("");
    url = to(*server).url;
  }
  io::HttpRequest request;
  request.url = url;
  const auto refused = io::http_exchange(request);
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::unreachable);
  CHECK(refused.error().message.find("connect") != std::string::npos);

  const auto resetting = serve([](Connection& connection, const RawRequest&) {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    connection.reset();
    return false;
  });
  const auto reset = io::http_exchange(to(*resetting));
  REQUIRE(!reset);
  CHECK((reset.error().kind == ErrorKind::unreachable || reset.error().kind == ErrorKind::invalid));

  const auto cutting = serve([](Connection& connection, const RawRequest&) {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    return false;
  });
  const auto cut = io::http_exchange(to(*cutting));
  REQUIRE(!cut);
  CHECK(cut.error().kind == ErrorKind::invalid);

  const auto babbling = always("SSH-2.0-OpenSSH\r\n");
  io::HttpRequest to_ssh = to(*babbling);
  const auto nonsense = io::http_exchange(to_ssh);
  REQUIRE(!nonsense);
  CHECK(nonsense.error().kind == ErrorKind::invalid);
}

TEST_CASE("after a name that nobody knows the next exchange of the thread is as good as any", "[io][http]") {
  const auto server = always(ok("fine"));
  for (int i = 0; i < 3; ++i) {
    io::HttpRequest nowhere;
    nowhere.url = "http://nobody-has-this-name.invalid/";
    const auto gone = io::http_exchange(nowhere);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().kind == ErrorKind::unreachable);
    const auto answer = io::http_exchange(to(*server));
    REQUIRE(answer);
    CHECK(answer->body == "fine");
  }
}

TEST_CASE("what would break a request is refused before any socket", "[io][http]") {
  const auto server = always(ok("x"));
  io::HttpRequest injected = to(*server);
  injected.headers = {{"X-A", "1\r\nX-Evil: 2"}};
  CHECK(io::http_exchange(injected).error().kind == ErrorKind::invalid);
  io::HttpRequest file;
  file.url = "file:///etc/passwd";
  CHECK(io::http_exchange(file).error().kind == ErrorKind::invalid);
  io::set_dry_run(true);
  const auto dry = io::http_exchange(to(*server));
  io::set_dry_run(false);
  REQUIRE(!dry);
  CHECK(dry.error().kind == ErrorKind::refused);
  CHECK(server->connections() == 0);
}

TEST_CASE("an exchange inside another one's data callback works", "[io][http]") {
  const auto server = always(ok("x"));
  io::HttpRequest outer = to(*server);
  int inner_status = 0;
  outer.on_data = [&](std::string_view) {
    inner_status = io::http_exchange(to(*server))->status;
    return true;
  };
  REQUIRE(io::http_exchange(outer));
  CHECK(inner_status == 200);
}

TEST_CASE("a certificate that nobody known signed is refused, and accepted once it is named", "[io][http]") {
  const test::TempFolder folder;
  const std::string key = (folder / "key.pem").string();
  const std::string certificate = (folder / "cert.pem").string();
  auto made = io::Child::start({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                                "-addext", "subjectAltName=DNS:localhost", "-batch",

                                "-keyout", key, "-out", certificate});
  REQUIRE(made);
  REQUIRE(made->wait(Deadline::after(Millis{20000})) == 0);
  auto tls = io::Child::start(
      {"openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-key", key, "-cert", certificate});
  REQUIRE(tls);
  std::string port;
  while (port.empty()) {
    const auto line = tls->read_line(Deadline::after(Millis{20000}));
    REQUIRE(line);
    if (line->starts_with("ACCEPT")) port = line->substr(line->rfind(':') + 1);
  }
  io::HttpRequest request;
  request.url = "https://localhost:" + port + "/";
  const auto refused = io::http_exchange(request);
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::unreachable);
  CHECK(refused.error().message.find("TLS") != std::string::npos);
  CHECK(refused.error().hint.find("SSL_CERT_FILE") != std::string::npos);
  ::setenv("SSL_CERT_FILE", certificate.c_str(), 1);
  const auto accepted = io::http_exchange(request);
  request.url = "https://127.0.0.1:" + port + "/";
  const auto other_name = io::http_exchange(request);
  ::unsetenv("SSL_CERT_FILE");
  REQUIRE(accepted);
  CHECK(accepted->status == 200);
  REQUIRE(!other_name);
  CHECK(other_name.error().message.find("TLS") != std::string::npos);
}

TEST_CASE("proxy variables are honoured, but never for this machine", "[io][http]") {
  RawRequest got;
  const auto proxy = serve([&got](Connection& connection, const RawRequest& request) {
    got = request;
    return connection.write(ok("from the proxy"));
  });
  const auto direct = always(ok("direct"));
  const std::string address = fmt::format("http://127.0.0.1:{}", proxy->port());
  ::setenv("HTTP_PROXY", address.c_str(), 1);
  io::HttpRequest outside;
  outside.url = "http://models.invalid/v1";
  const auto through = io::http_exchange(outside);
  const auto local = io::http_exchange(to(*direct));
  ::unsetenv("HTTP_PROXY");
  REQUIRE(through);
  CHECK(through->body == "from the proxy");
  CHECK(got.path == "http://models.invalid/v1");
  REQUIRE(local);
  CHECK(local->body == "direct");
}

TEST_CASE("URLs are parsed or refused", "[io][http]") {
  const auto url = io::parse_url("HTTPS://api.z.ai/api/paas/v4?x=1#part");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->host == "api.z.ai");
  CHECK(url->port == "443");
  CHECK(url->path == "/api/paas/v4?x=1");
  const auto v6 = io::parse_url("ws://[::1]:8079");
  REQUIRE(v6);
  CHECK(v6->host == "::1");
  CHECK(v6->port == "8079");
  CHECK(v6->path == "/");
  CHECK(io::parse_url("http://h?q")->path == "/?q");
  for (const char* bad :
       {"", "localhost:80", "ftp://h/", "http://", "http://h:0/", "http://h:99999/", "http://h:x/",
        "http://user:pw@h/", "http://h/a b", "http://[::1/", "http://h/\n"}) {
    CAPTURE(bad);
    const auto refused = io::parse_url(bad);
    REQUIRE(!refused);
    CHECK(refused.error().kind == ErrorKind::invalid);
    CHECK(refused.error().message.find("pw") == std::string::npos);
  }
}
