#include "core/json.hpp"

#include "core/text.hpp"
#include "tests/catch.hpp"

#include <atomic>
#include <random>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

using namespace exai;

namespace {

std::string by_library(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Of every kind, with texts of bytes below `most`.
Json some_value(std::mt19937& random, unsigned most, int depth) {
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random()) % limit; };
  const auto text = [&] {
    std::string bytes;
    for (unsigned i = below(12); i > 0; --i) bytes += static_cast<char>(below(most));
    return bytes;
  };
  switch (below(depth > 0 ? 8U : 6U)) {
    case 0:
      return nullptr;
    case 1:
      return below(2) == 0;
    case 2:
      return static_cast<std::int64_t>(random()) - (std::int64_t{1} << 31U);
    case 3:
      return std::uint64_t{random()} << below(32);
    case 4:
      return std::ldexp(static_cast<double>(random()), static_cast<int>(below(200)) - 100);
    case 5:
      return text();
    case 6: {
      Json list = Json::array();
      for (unsigned i = below(5); i > 0; --i) list.push_back(some_value(random, most, depth - 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (unsigned i = below(5); i > 0; --i) object[text()] = some_value(random, most, depth - 1);
      return object;
    }
  }
}

}  // namespace

TEST_CASE("values are written as the library writes them", "[core][json]") {
  const auto most = GENERATE(0x80U, 0x100U);  // with and without bytes that are no UTF-8
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    const Json value = some_value(random, most, 4);
    REQUIRE(dump_json(value) == by_library(value));
  }
}

TEST_CASE("every byte and every length of UTF-8 is quoted as the library quotes it", "[core][json]") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = "a" + std::string(1, static_cast<char>(byte)) + "\"b";
    REQUIRE(quote_json(text) == by_library(text));
  }
  for (const char* text : {"", "gr\u00fc\u00df\n", "\u20ac \u65e5\u672c", "\U0001f600\\", "cut \xe2\x82",
                           "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\n\xff"}) {
    INFO(text);
    CHECK(quote_json(text) == by_library(text));
  }
  CHECK(quote_json(std::string_view("a\0b", 3)) == R"("a\u0000b")");
}

TEST_CASE("a byte that needs an escape is found wherever it stands", "[core][json]") {
  const std::string plain(40, 'p');
  const std::string special =
      GENERATE("\"", "\\", "\n", "\x01", "\x1f", "\x7f", "\u00fc", "\xff", "\"\\\"", "\n\n");
  for (std::size_t length = 0; length <= plain.size(); ++length)
    for (std::size_t at = 0; at <= length; ++at) {
      std::string text = plain.substr(0, length);
      text.insert(at, special);
      REQUIRE(quote_json(text) == by_library(text));
    }
  // More escapes than there was room for.
  const std::string all(3000, special[0]);
  CHECK(quote_json(all) == by_library(all));
  CHECK(dump_json(Json{{all, Json::array({all, plain})}}) ==
        by_library(Json{{all, Json::array({all, plain})}}));
}

TEST_CASE("numbers that JSON cannot write are null", "[core][json]") {
  CHECK(dump_json(Json(std::numeric_limits<double>::infinity())) == "null");
}

TEST_CASE("a whole double is written as a whole number, as JavaScript does", "[core][json]") {
  CHECK(dump_json(Json{{"a", 1.0}}) == R"({"a":1})");
  CHECK(dump_json(Json(180.0)) == "180");
  CHECK(dump_json(Json(-3.0)) == "-3");
  CHECK(dump_json(Json(-0.0)) == "0");
  CHECK(dump_json(Json(0.5)) == "0.5");
  CHECK(dump_json(Json(9007199254740992.0)) == "9007199254740992");
  CHECK(dump_json(Json(1e300)) == "1e+300");
  CHECK(dump_json(*parse_json("[1.0,2e3]")) == "[1,2000]");
}

TEST_CASE("a NUL byte is never JSON, wherever it stands", "[core][json]") {
  for (const std::string_view text :
       {std::string_view("\0", 1), std::string_view("{}\0", 3), std::string_view("{}\0{\"a\":1}", 10),
        std::string_view("[1,\0 2]", 7), std::string_view("\"a\0b\"", 5), std::string_view("1\0", 2),
        std::string_view("\0{}", 3), std::string_view("\"\\ud83d\\ude00\"\0", 15)}) {
    CAPTURE(text.size());
    const auto read = parse_json(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("byte") != std::string::npos);
    CHECK_FALSE(parse_foreign_json(text));
  }
  CHECK(parse_json(R"("\u0000")"));
}

TEST_CASE("what strangers write is mended where only characters are wrong", "[core][json]") {
  const auto text_of = [](std::string_view text) {
    const auto read = parse_foreign_json(text);
    return read && read->is_string() ? read->get<std::string>() : read ? dump_json(*read) : "refused";
  };
  CHECK(text_of(R"("\ud83d\ude00")") == "\U0001F600");
  CHECK(text_of(R"("\ud83d")") == "\uFFFD");
  CHECK(text_of(R"("\ud83dx\ude00")") == "\uFFFDx\uFFFD");
  CHECK(text_of(R"("\ud83d\ud83d\ude00")") == "\uFFFD\U0001F600");
  CHECK(text_of(R"("\uDE00\uD83D")") == "\uFFFD\uFFFD");
  CHECK(text_of(R"("\\ud83d \\\ud83d")") == "\\ud83d \\\uFFFD");
  CHECK(text_of("\"\xFF\xC3\"") == "\uFFFD\uFFFD");
  CHECK(text_of("\"\xED\xA0\xBD\"") == "\uFFFD\uFFFD\uFFFD");
  CHECK(text_of("\xEF\xBB\xBF{\"a\":1}") == R"({"a":1})");
  for (const char* const broken : {"", "{", "{\"a\":}", R"("\ud83")", R"("\q")", "NaN", "[1]]"}) {
    CAPTURE(broken);
    CHECK(text_of(broken) == "refused");
  }
}

namespace {

/// One a line: what readers of JSON disagree about.
constexpr std::string_view k_doubtful = R"(null
 true
falsee
nul
"a"
"a
"\q"
"\u00e4\u0000"
"\ud83d\ude00"
"\ud83d"
"\ude00"
"\uDE00x"
"\ud83d\u0041"
"\\ud83d"
"\u12"
0
-0
-0.0
01
1.
.5
+1
1e5
1E+5
1e400
-1e400
1e-400
0.1
123456789012345678901234567890
9223372036854775807
9223372036854775808
18446744073709551615
18446744073709551616
-9223372036854775808
-9223372036854775809
2.2250738585072014e-308
NaN
Infinity
[]
{}
[1,]
{"a":1,}
[1 2]
{"a"}
{"a":1,"a":{"b":2}}
{"a":{"b":2},"a":[]}
{"b":1,"a":2,"":3}
{a:1}
{'a':1}
[1]]
[1] x
{} {}
/**/1
)";

void agree(const std::string& text) {
  INFO(text.substr(0, 200));
  const Result<Json> ours = parse_json(text);
  const bool sound = Json::accept(text);
  CHECK(ours.has_value() == sound);
  if (!ours || !sound) return;
  const Json theirs = Json::parse(text);
  CHECK(*ours == theirs);
  CHECK(by_library(*ours) == by_library(theirs));  // 1 and 1.0 are equal, and are not the same
}

}  // namespace

TEST_CASE("what is JSON is read as nlohmann reads it, and nothing else is", "[core][json]") {
  std::mt19937 random(11);
  for (int i = 0; i < 2000; ++i) agree(by_library(some_value(random, 0x80U, 4)));
  for (int i = 0; i < 2000; ++i) {  // spoilt in one place, mostly
    std::string text = by_library(some_value(random, 0x100U, 4));
    text[random() % text.size()] = static_cast<char>(random());
    agree(text);
  }
  for (const std::string& text : split(k_doubtful, '\n')) agree(text);
  for (const char* text : {"", " ", "\"\n\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\xef\xbb\xbf{}"}) agree(text);
  agree(std::string("\"a\0b\"", 5));
  agree(std::string("1\0", 2));
  agree("[" + std::string(70'000, ' ') + "1]");  // larger than the reader that is kept
  agree("{}");
}

TEST_CASE("JSON is read down to a depth and no further", "[core][json]") {
  const auto nested = [](int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
  };
  CHECK(parse_json(nested(64)));
  CHECK(parse_json("{\"a\":" + nested(63) + "}"));
  for (const int levels : {65, 1025, 100'000}) {
    const Result<Json> deep = parse_json(nested(levels));
    REQUIRE(!deep);
    CHECK(deep.error().message == "JSON is nested deeper than 64 levels");
  }
  CHECK(parse_json(nested(256), k_file_depth));
  CHECK(!parse_json(nested(257), k_file_depth));
  CHECK(parse_json("[1,[2],[3],{}]", 2));
  CHECK(!parse_json("[1,[2],[[3]]]", 2));
  CHECK(parse_json("[1,\n 2,, 3]").error().message == "not JSON: syntax error at byte 8");
}

TEST_CASE("texts are read on many threads at once", "[core][json]") {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&wrong, t] {
      for (int i = 0; i < 500; ++i) {
        const std::string text =
            fmt::format(R"({{"thread":{},"round":{},"text":"{}"}})", t, i, std::string(100, 'x'));
        const Result<Json> value = parse_json(text);
        if (!value || (*value)["thread"] != t || (*value)["round"] != i) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
