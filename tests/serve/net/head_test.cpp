#include "serve/net/head.hpp"

#include "serve/net/body.hpp"
#include "serve/net/upgrade.hpp"
#include "tests/catch.hpp"

using namespace exai::serve::net;

namespace {

const std::string k_get = "GET /mcp HTTP/1.1\r\nHost: localhost\r\n";
const std::string k_post = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n";

/// What came of bytes: a status, or what was understood. Equal for equal bytes, however they are cut.
struct Verdict {
  int status = 0;  ///< of the refusal; 0 = whole, -1 = more is needed
  std::string text;
  std::size_t left = 0;  ///< bytes behind the message
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Reads a head and its body from pieces of that size, the first one of `first`.
Verdict read(const std::string& bytes, std::size_t first, std::size_t piece, std::uint64_t most = 1000) {
  HeadReader head;
  BodyReader body;
  bool begun = false;
  std::string rest;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = at == 0 ? first : piece;
    rest += bytes.substr(at, size);
    at += size;
    if (head.state() == HeadReader::State::more) rest.erase(0, head.take(rest));
    if (head.state() == HeadReader::State::refused) return {head.refusal().status, head.refusal().body, 0};
    if (head.state() != HeadReader::State::done) continue;
    if (!begun) body.begin(head.framing(), most);
    begun = true;
    if (body.state() == BodyReader::State::more) rest.erase(0, body.take(rest));
    if (body.state() == BodyReader::State::refused) return {body.refusal().status, body.refusal().body, 0};
  }
  if (!begun || body.state() != BodyReader::State::done) return {-1, "", 0};
  const HttpRequest& request = head.request();
  std::string text = std::string(request.method) + " " + std::string(request.path) + "?" +
                     std::string(request.query) + "|" + std::string(body.text()) + "|" +
                     (head.framing().keep_alive ? "keep" : "close");
  for (const auto& [name, value] : request.headers)
    text += "|" + std::string(name) + "=" + std::string(value);
  return {0, text, rest.size()};
}

/// The verdict on bytes, the same for every way to cut them in two and for single bytes.
Verdict read_all_ways(const std::string& bytes, std::uint64_t most = 1000) {
  const Verdict whole = read(bytes, bytes.size(), 1, most);
  // Every place is tried for short messages, some for long ones.
  const std::size_t step = std::max<std::size_t>(1, bytes.size() / 400);
  for (std::size_t cut = 1; cut < bytes.size(); cut += step) {
    const Verdict halves = read(bytes, cut, bytes.size(), most);
    if (!(halves == whole))
      FAIL("cut at " << cut << ": " << halves.status << " " << halves.text << " instead of " << whole.status
                     << " " << whole.text);
  }
  const Verdict bytewise = read(bytes, 1, 1, most);
  CHECK(bytewise.status == whole.status);
  CHECK(bytewise.text == whole.text);
  return whole;
}

struct Case {
  std::string bytes;
  int status;
};

std::string with(const std::string& line) {
  return k_post + line + "\r\n\r\n";
}

}  // namespace

TEST_CASE("a head is whole, refused or unfinished, however its bytes are cut", "[serve][net][head]") {
  const std::vector<Case> cases{
      {k_get + "\r\n", 0},
      {"\r\n\r\n" + k_get + "\r\n", 0},  // empty lines before a request are skipped
      {"GET / HTTP/1.0\r\n\r\n", 0},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {k_get, -1},
      {k_get + "X: y\r\n", -1},
      {"GET /mcp HTTP/1.1\r\nHost: localhost\r\nX:\r\nY: \t a b \t\r\nZ: \xc3\xa9\r\n\r\n", 0},
      {"GET /mcp HTTP/1.1\n\n", 400},
      {"GET /mcp HTTP/1.1\r\nHost: a\n\r\n", 400},
      {"GET /mcp HTTP/1.1\r\nHost: a\r\r\n\r\n", 400},
      {"GET /mcp HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400},
      {"\rGET /mcp HTTP/1.1\r\n\r\n", 400},
      {"\nGET /mcp HTTP/1.1\r\n\r\n", 400},
      {" GET /mcp HTTP/1.1\r\n\r\n", 400},
      {"GET  /mcp HTTP/1.1\r\n\r\n", 400},
      {"GET /mcp  HTTP/1.1\r\n\r\n", 400},
      {"GET /mcp HTTP/1.1 \r\n\r\n", 400},
      {"GET\t/mcp\tHTTP/1.1\r\n\r\n", 400},
      {"GET /mcp\r\n\r\n", 400},
      {"GET\r\n\r\n", 400},
      {"GET / http/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.10\r\n\r\n", 400},
      {"GET / HTTP/11\r\n\r\n", 400},
      {"GET / HTTP/1.2\r\n\r\n", 505},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"G(T / HTTP/1.1\r\n\r\n", 400},
      {"GET /\x01 HTTP/1.1\r\n\r\n", 400},
      {"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", 400},
      {"GET /a#b HTTP/1.1\r\n\r\n", 400},
      {"GET mcp HTTP/1.1\r\n\r\n", 400},
      {"GET * HTTP/1.1\r\n\r\n", 400},
      {"GET ftp://a/mcp HTTP/1.1\r\n\r\n", 400},
      {"GET http:///mcp HTTP/1.1\r\n\r\n", 400},
      {"GET http:/mcp HTTP/1.1\r\n\r\n", 400},
      {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {std::string("\x16\x03\x01\x02", 4), 400},  // TLS: refused without waiting for the end of a line
      {std::string("\0", 1), 400},
      {k_get + " folded: no\r\n\r\n", 400},
      {k_get + "X: a\r\n b\r\n\r\n", 400},
      {k_get + "X: a\r\n\tb\r\n\r\n", 400},
      {k_get + "X : a\r\n\r\n", 400},
      {k_get + ": a\r\n\r\n", 400},
      {k_get + "X\r\n\r\n", 400},
      {k_get + "X y: a\r\n\r\n", 400},
      {k_get + "X\xc3\xa9: a\r\n\r\n", 400},
      {k_get + std::string("X: a\0b\r\n\r\n", 10), 400},
      {k_get + "X: a\x7f\r\n\r\n", 400},
      {k_get + "X: a\x0b\r\n\r\n", 400},
      {k_get + "Expect: 100-continue\r\n\r\n", 0},
      {k_get + "Expect: 100-Continue\r\n\r\n", 0},
      {k_get + "Expect: a cake\r\n\r\n", 417},
      {"GET /" + std::string(k_target_bytes - 1, 'a') + " HTTP/1.1\r\n\r\n", 0},
      {"GET /" + std::string(k_target_bytes, 'a') + " HTTP/1.1\r\n\r\n", 414},
      {"GET /" + std::string(3 * k_target_bytes, 'a'), 414},
      {std::string(3 * k_target_bytes, 'G') + " / HTTP/1.1\r\n\r\n", 414},
      {k_get + "X: " + std::string(k_head_bytes, 'a') + "\r\n\r\n", 431},
      {k_get + std::string(k_head_bytes, 'a'), 431},
  };
  for (const Case& one : cases) {
    INFO(one.bytes.substr(0, 200));
    CHECK(read_all_ways(one.bytes).status == one.status);
  }
  std::string many = k_get;
  for (std::size_t i = 1; i < k_head_fields; ++i) many += "X: 1\r\n";
  CHECK(read_all_ways(many + "\r\n").status == 0);
  CHECK(read_all_ways(many + "X: 1\r\n\r\n").status == 431);
}

TEST_CASE("only one unambiguous body length is accepted, everything else is refused", "[serve][net][head]") {
  const std::vector<Case> cases{
      {with("Content-Length: 0"), 0},
      {with("Content-Length: 3") + "abc", 0},
      {with("content-LENGTH:3") + "abc", 0},
      {with("Content-Length: 003") + "abc", 0},
      {with("Content-Length: 3") + "ab", -1},
      {with("Content-Length: 1001"), 413},
      {with("Content-Length: 18446744073709551616"), 413},
      {with("Content-Length: +5") + "abcde", 400},
      {with("Content-Length: -5") + "abcde", 400},
      {with("Content-Length: 5,5") + "abcde", 400},
      {with("Content-Length: 5, 5") + "abcde", 400},
      {with("Content-Length: 5 5") + "abcde", 400},
      {with("Content-Length:  5 x") + "abcde", 400},
      {with("Content-Length: 5x") + "abcde", 400},
      {with("Content-Length: 0x5") + "abcde", 400},
      {with("Content-Length: 5.0") + "abcde", 400},
      {with("Content-Length: 1e1") + "abcde", 400},
      {with("Content-Length:") + "abcde", 400},
      {with("Content-Length: \"5\"") + "abcde", 400},
      {with("Content-Length: 5\r\nContent-Length: 5") + "abcde", 400},
      {with("Content-Length: 5\r\ncontent-length: 6") + "abcde", 400},
      {with("Content-Length: 5\r\nTransfer-Encoding: chunked") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\nContent-Length: 0") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n", 0},
      {with("transfer-encoding: CHUNKED") + "0\r\n\r\n", 0},
      {with("Transfer-Encoding: xchunked") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: identity") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: gzip") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", 501},
      {with("Transfer-Encoding: chunked, gzip") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked, chunked") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked,") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked;q=1") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: \"chunked\"") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding:") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked") + "0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity") + "0\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
  };
  for (const Case& one : cases) {
    INFO(one.bytes);
    CHECK(read_all_ways(one.bytes).status == one.status);
  }
}

TEST_CASE("chunks are read as they are written, or refused", "[serve][net][body]") {
  const std::string head = with("Transfer-Encoding: chunked");
  const std::vector<Case> cases{
      {"5;name=value;x\r\nabcde\r\n0\r\n\r\n", 0},
      {"5 ;x\r\nabcde\r\n0\r\n\r\n", 0},
      {"A\r\n0123456789\r\n0\r\n\r\n", 0},
      {"0005\r\nabcde\r\n000\r\n\r\n", 0},
      {"0\r\nTrailer: dropped\r\n\r\n", 0},
      {"5\r\nabcde\r\n0\r\n", -1},
      {"5\r\nabc", -1},
      {"5\nabcde\r\n0\r\n\r\n", 400},
      {"5\r\nabcdef\r\n0\r\n\r\n", 400},
      {"5\r\nabcde0\r\n\r\n", 400},
      {"5\r\nabcde\n0\r\n\r\n", 400},
      {"5 \r\nabcde\r\n0\r\n\r\n", 400},
      {" 5\r\nabcde\r\n0\r\n\r\n", 400},
      {"0x5\r\nabcde\r\n0\r\n\r\n", 400},
      {"+5\r\nabcde\r\n0\r\n\r\n", 400},
      {"-1\r\n\r\n", 400},
      {"g\r\n\r\n", 400},
      {"\r\n\r\n", 400},
      {"5;a\x01\r\nabcde\r\n0\r\n\r\n", 400},
      {"5;a\rb\r\nabcde\r\n0\r\n\r\n", 400},
      {"0\r\n folded\r\n\r\n", 400},
      {"0\r\nno colon\r\n\r\n", 400},
      {"ffffffffffffffff\r\n", 413},
      {"10000000000000000\r\n", 413},
      {"3e9\r\n", 413},
      {"3e8\r\n" + std::string(1000, 'a') + "\r\n1\r\n", 413},
      {"1;" + std::string(5000, 'a') + "\r\n", 400},
  };
  for (const Case& one : cases) {
    INFO(one.bytes.substr(0, 100));
    CHECK(read_all_ways(head + one.bytes).status == one.status);
  }
  std::string many;
  for (int i = 0; i < 20; ++i) many += "1;" + std::string(1000, 'x') + "\r\na\r\n";
  CHECK(read_all_ways(head + many).status == 431);
  CHECK(read_all_ways(head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").text.find("|abcde|") != std::string::npos);
}

TEST_CASE("the next request begins right behind the last one", "[serve][net][head]") {
  CHECK(read(k_get + "\r\n" + k_get, 1000, 1).left == k_get.size());
  CHECK(read(with("Content-Length: 3") + "abcGET", 1000, 1).left == 3);
  CHECK(read(with("Transfer-Encoding: chunked") + "0\r\n\r\nGET", 1000, 1).left == 3);
  HeadReader head;
  head.take("POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\nConnection: close\r\n\r\n");
  head.request().pass = nullptr;
  head.request().answer_headers = "X: 1\r\n";
  head.reset();
  CHECK_FALSE(head.begun());
  head.take("GET / HTTP/1.1\r\n\r\n");
  REQUIRE(head.state() == HeadReader::State::done);
  CHECK(head.request().headers.empty());
  CHECK(head.request().query.empty());
  CHECK(head.request().answer_headers.empty());
  CHECK(head.framing().keep_alive);
  CHECK_FALSE(head.framing().has_body());
}

TEST_CASE("paths are one whether the target is a path or a URL, with a slash at the end or not",
          "[serve][net][head]") {
  const auto path = [](const std::string& target) {
    const Verdict verdict = read_all_ways("GET " + target + " HTTP/1.1\r\nHost: first\r\n\r\n");
    return std::to_string(verdict.status) + " " + verdict.text;
  };
  const std::string rest = "||keep|Host=first";
  CHECK(path("/") == "0 GET /?" + rest);
  CHECK(path("/mcp/") == "0 GET /mcp?" + rest);
  CHECK(path("/mcp/?a=/") == "0 GET /mcp?a=/" + rest);
  CHECK(path("//") == "0 GET /?" + rest);
  CHECK(path("/mcp//") == "0 GET /mcp/?" + rest);
  CHECK(path("/a?b?c") == "0 GET /a?b?c" + rest);
  CHECK(path("HTTP://second:8000/mcp/?a") == "0 GET /mcp?a||keep|Host=second:8000");
  CHECK(path("https://second") == "0 GET /?||keep|Host=second");
  CHECK(path("ws://second?a") == "0 GET /?a||keep|Host=second");
  CHECK(path("http://user@second/") == "0 GET /?||keep|Host=user@second");  // refused with the Host
}

TEST_CASE("a connection is kept alive as both sides want it", "[serve][net][head]") {
  const auto keeps = [](const std::string& version, const std::string& lines) {
    HeadReader head;
    head.take("GET / " + version + "\r\n" + lines + "\r\n");
    REQUIRE(head.state() == HeadReader::State::done);
    return head.framing().keep_alive;
  };
  CHECK(keeps("HTTP/1.1", ""));
  CHECK_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1", "Connection: TE, Close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1", "Connection: TE\r\nConnection: close\r\n"));
  CHECK(keeps("HTTP/1.1", "Connection: closed\r\n"));
  CHECK_FALSE(keeps("HTTP/1.0", ""));
  CHECK(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  CHECK_FALSE(keeps("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

TEST_CASE("a WebSocket upgrade follows RFC 6455 and nothing else", "[serve][net][websocket]") {
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                    version = "Sec-WebSocket-Version: 13\r\n", upgrade = "Upgrade: websocket\r\n",
                    connection = "Connection: keep-alive, Upgrade\r\n";
  const auto judged = [](const std::string& lines, const std::string& first = "GET / HTTP/1.1") {
    HeadReader head;
    head.take(first + "\r\n" + lines + "\r\n");
    REQUIRE(head.state() == HeadReader::State::done);
    const auto refusal = judge_upgrade(head.request(), head.framing());
    if (refusal && refusal->status == 426)
      CHECK(refusal->headers.find("Sec-WebSocket-Version: 13") != std::string::npos);
    return refusal ? refusal->status : 101;
  };
  CHECK(judged(upgrade + connection + version + key) == 101);
  CHECK(judged("upgrade: h2c, WebSocket\r\nconnection: UPGRADE\r\n" + version + key) == 101);
  CHECK(judged("") == 426);
  CHECK(judged("Upgrade: h2c\r\n" + connection + version + key) == 426);
  CHECK(judged(upgrade + version + key) == 400);
  CHECK(judged(upgrade + "Connection: upgraded\r\n" + version + key) == 400);
  for (const char* const other : {"12", "8", "013", "13, 8", "", "x"})
    CHECK(judged(upgrade + connection + "Sec-WebSocket-Version: " + other + "\r\n" + key) == 426);
  CHECK(judged(upgrade + connection + key) == 426);
  CHECK(judged(upgrade + connection + version + version + key) == 400);
  for (const char* const bad :
       {"", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZ!==",
        "dGhlIHNhbXBsZSBub25jZWE=", "dGhlIHNhbXBsZSBub24=", "dGhlIHNhbXBsZSBub25jZQ==="})
    CHECK(judged(upgrade + connection + version + "Sec-WebSocket-Key: " + bad + "\r\n") == 400);
  CHECK(judged(upgrade + connection + version) == 400);
  CHECK(judged(upgrade + connection + version + key + key) == 400);
  CHECK(judged(upgrade + connection + version + key, "POST / HTTP/1.1") == 405);
  CHECK(judged(upgrade + connection + version + key, "GET / HTTP/1.0") == 400);
  CHECK(judged(upgrade + connection + version + key + "Content-Length: 1\r\n") == 400);
  HeadReader head;
  head.take("GET / HTTP/1.1\r\n" + key + "\r\n");
  const std::string answer = accept_upgrade(head.request(), "mcp");
  CHECK(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos);
  CHECK(answer.find("Sec-WebSocket-Protocol: mcp\r\n") != std::string::npos);
  CHECK(accept_upgrade(head.request(), "").find("Protocol:") == std::string::npos);
}
