#include "core/json.hpp"

#include "tests/catch.hpp"

#include <random>

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
  CHECK(dump_json(Json{{"a", 1.0}}) == R"({"a":1.0})");
}
