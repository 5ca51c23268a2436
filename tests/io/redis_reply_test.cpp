// RESP2 as bytes: what is read does not depend on how it is cut, and nothing that is wrong is read.
#include "io/redis_reply.hpp"

#include "io/redis_words.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <random>

#include <fmt/core.h>

using namespace exai;
using io::RedisReader;
using io::RedisReply;
using Type = RedisReply::Type;

namespace {

/// A reply in a form that can be compared.
std::string shape(const RedisReply& reply) {
  switch (reply.type) {
    case Type::nil:
      return "nil";
    case Type::integer:
      return fmt::format("{}", reply.integer);
    case Type::status:
      return "+" + reply.text;
    case Type::error:
      return "-" + reply.text;
    case Type::text:
      return fmt::format("'{}'", reply.text);
    case Type::array:
      break;
  }
  std::string text = "[";
  for (const RedisReply& element : reply.elements) text += shape(element) + ",";
  return text + "]";
}

/// All replies of the pieces; what went wrong at the end.
std::string read_all(const std::vector<std::string_view>& pieces, const RedisReader::Limits& limits = {}) {
  RedisReader reader(limits);
  std::string text;
  for (const std::string_view piece : pieces) {
    if (const auto fed = reader.feed(piece); !fed) return text + "!" + fed.error().message;
    for (;;) {
      const auto reply = reader.next();
      if (!reply) return text + "!" + reply.error().message;
      if (!*reply) break;
      text += shape(**reply) + ";";
    }
  }
  return text + (reader.is_between() ? "" : "...");
}

constexpr std::string_view k_mixed =
    "+OK\r\n-ERR "
    "no\r\n:42\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n*3\r\n:1\r\n*2\r\n+a\r\n$-1\r\n$1\r\nx\r\n";
constexpr std::string_view k_mixed_shape = "+OK;-ERR no;42;'a\r\nbc';'';nil;nil;[];[1,[+a,nil,],'x',];";

}  // namespace

TEST_CASE("replies are the same however their bytes are cut", "[io][redis]") {
  CHECK(read_all({k_mixed}) == k_mixed_shape);
  for (std::size_t at = 0; at <= k_mixed.size(); ++at) {
    INFO(at);
    CHECK(read_all({k_mixed.substr(0, at), k_mixed.substr(at)}) == k_mixed_shape);
  }
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < k_mixed.size(); ++at) bytes.push_back(k_mixed.substr(at, 1));
  CHECK(read_all(bytes) == k_mixed_shape);
}

TEST_CASE("a beginning of replies is never more than those that are whole", "[io][redis]") {
  for (std::size_t at = 0; at < k_mixed.size(); ++at) {
    INFO(at);
    std::string read = read_all({k_mixed.substr(0, at)});
    const bool between = !read.ends_with("...");
    if (!between) read.resize(read.size() - 3);
    CHECK(std::string(k_mixed_shape).starts_with(read));
    // What follows the beginning alone completes it only where nothing of a reply has come.
    CHECK(between == (read + read_all({k_mixed.substr(at)}) == k_mixed_shape));
  }
}

TEST_CASE("what is no RESP2, or too much of it, is refused as soon as it is seen", "[io][redis]") {
  const std::string nested8 = "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n";
  CHECK(read_all({nested8}) == "[[[[[[[[1,],],],],],],],];");
  const auto [bytes, why] = GENERATE_COPY(table<std::string, std::string>({
      {"HTTP/1.1 400 Bad Request\r\n", "reply type"},
      {"\x15\x03\x01\x00\x02\x02\x46", "reply type"},
      {"hello\r\n", "reply type"},
      {"_\r\n", "reply type"},  // RESP3
      {"%1\r\n+a\r\n+b\r\n", "reply type"},
      {"*1\r\n" + nested8, "depth"},
      {"$-2\r\n", "out of range"},
      {"*-2\r\n", "out of range"},
      {"$99999999999999999999\r\n", "ad bulk string length"},
      {"*99999999999999999999\r\n", "ulti-bulk length"},
      {"*4294967296\r\n", "out of range"},
      {"*2147483647\r\n", "more than 1000 elements"},
      {"*1001\r\n", "more than 1000 elements"},
      {"*999\r\n*2\r\n", "more than 1000 elements"},
      {"$10001\r\n", "larger than 10000 bytes"},
      {"$1x\r\nab\r\n", "ad bulk string length"},
      {":12a\r\n", "ad integer"},
      {":99999999999999999999\r\n", "ad integer"},
      {":" + std::string(100, '1'), "a number has no end"},
      {"$" + std::string(100, '1'), "a number has no end"},
      {"*" + std::string(100, '1'), "a number has no end"},
      {"+" + std::string(10001, 'a'), "larger than 10000 bytes"},
  }));
  INFO(bytes.substr(0, 40));
  CHECK(read_all({bytes}, {10000, 1000}).find(why) != std::string::npos);
}

TEST_CASE("a line without an end is not kept for ever", "[io][redis]") {
  RedisReader reader({});
  REQUIRE(reader.feed("+"));
  const std::string piece(1000, 'a');
  int pieces = 0;
  while (pieces < 1000 && reader.feed(piece) && reader.next()) ++pieces;
  CHECK(pieces == 65);
}

TEST_CASE("the limits count from the start of an exchange", "[io][redis]") {
  RedisReader reader({100, 4});
  const std::string array = "*3\r\n:1\r\n:2\r\n:3\r\n";
  for (int i = 0; i < 50; ++i) {
    reader.start();
    REQUIRE(reader.feed(array));
    REQUIRE(reader.next().value());
  }
  REQUIRE(reader.feed(array));
  CHECK_FALSE(reader.next());
}

TEST_CASE("bytes that were changed at random are read or refused, and no more than that", "[io][redis]") {
  std::mt19937 random(20251128);
  const auto below = [&](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  constexpr std::string_view k_alphabet("+-:$*0123456789\r\naNULL%_~\0\xff", 28);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(k_mixed);
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
      const std::size_t at = below(bytes.size());
      switch (below(3)) {
        case 0:
          bytes[at] = k_alphabet[below(k_alphabet.size())];
          break;
        case 1:
          bytes.erase(at, 1 + below(5));
          break;
        default:
          bytes.insert(at, 1, k_alphabet[below(k_alphabet.size())]);
      }
    }
    const RedisReader::Limits limits{1000, 50};
    const std::size_t cut = below(bytes.size() + 1);
    const std::string whole = read_all({bytes}, limits);
    const std::string halves =
        read_all({std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}, limits);
    INFO(bytes);
    // Judged at another place, what is wrong may have another name.
    CHECK(whole.substr(0, whole.find('!')) == halves.substr(0, halves.find('!')));
  }
}

TEST_CASE("a command is words of any bytes", "[io][redis]") {
  CHECK(io::format_redis({"PING"}).value() == "*1\r\n$4\r\nPING\r\n");
  CHECK(io::format_redis({"SET", std::string("a\0\r\n", 4), ""}).value() ==
        "*3\r\n$3\r\nSET\r\n$4\r\n" + std::string("a\0\r\n", 4) + "\r\n$0\r\n\r\n");
  CHECK(io::format_redis({}).error().kind == ErrorKind::invalid);
  CHECK(io::format_redis(io::RedisCommand(2'000'000, "x")).error().kind == ErrorKind::invalid);
}

TEST_CASE("error replies are explained", "[io][redis]") {
  struct Row {
    const char* reply;
    ErrorKind kind;
    const char* says;
  };
  const Row row = GENERATE(values<Row>({
      {"NOAUTH Authentication required.", ErrorKind::refused, "wants a password"},
      {"WRONGPASS invalid username-password pair or user is disabled.", ErrorKind::refused,
       "refused user and password"},
      {"NOPERM this user has no permissions to run the 'get' command", ErrorKind::refused, "does not allow"},
      {"DENIED Redis is running in protected mode because", ErrorKind::refused, "protected mode"},
      {"LOADING Redis is loading the dataset in memory", ErrorKind::busy, "loading its data"},
      {"BUSY Redis is busy running a script.", ErrorKind::busy, "running a script"},
      {"MISCONF Redis is configured to save RDB snapshots", ErrorKind::unreachable, "last snapshot failed"},
      {"READONLY You can't write against a read only replica.", ErrorKind::config, "is a replica"},
      {"MASTERDOWN Link with MASTER is down", ErrorKind::unreachable, "lost its master"},
      {"OOM command not allowed when used memory > 'maxmemory'.", ErrorKind::unreachable, "is full"},
      {"MOVED 866 127.0.0.1:7001", ErrorKind::config, "is a cluster"},
      {"ASK 866 127.0.0.1:7001", ErrorKind::config, "is a cluster"},
      {"CLUSTERDOWN Hash slot not served", ErrorKind::config, "is a cluster"},
      {"CROSSSLOT Keys in request don't hash to the same slot", ErrorKind::config, "is a cluster"},
      {"ERR SELECT is not allowed in cluster mode", ErrorKind::config, "is a cluster"},
      {"ERR unknown command 'SELECT', with args beginning with: '0'", ErrorKind::config, "is a sentinel"},
      {"ERR DB index is out of range", ErrorKind::config, "no database of that number"},
      {"ERR max number of clients reached", ErrorKind::busy, "as many clients"},
      {"NOSCRIPT No matching script.", ErrorKind::not_found, "does not know this script"},
      {"BUSYKEY Target key name already exists.", ErrorKind::invalid, "answered: BUSYKEY"},
      {"ASKING", ErrorKind::invalid, "answered: ASKING"},
      {"WRONGTYPE Operation against a key", ErrorKind::invalid, "answered: WRONGTYPE Operation"},
      {"", ErrorKind::invalid, "answered:"},
      {"ERR \x1b[31m\xff", ErrorKind::invalid, "\\x1b[31m"},
  }));
  INFO(row.reply);
  const Error error = io::explain_redis(row.reply, "h:6379");
  CHECK(error.kind == row.kind);
  CHECK(error.message.find("Redis at h:6379 ") == 0);
  CHECK(error.message.find(row.says) != std::string::npos);
  CHECK((error.kind == ErrorKind::invalid || !error.hint.empty()));
  CHECK(io::explain_redis("ERR " + std::string(5000, 'x'), "h:6379").message.size() < 300);
}
