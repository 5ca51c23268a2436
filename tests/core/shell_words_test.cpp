#include "core/shell_words.hpp"

#include "tests/catch.hpp"

#include <utility>

using namespace exai;

using Words = std::vector<std::string>;

TEST_CASE("words are split as a shell splits them", "[core][shell_words]") {
  // Each row was held against: sh -c 'printf "%s|" WORDS'.
  const std::pair<const char*, Words> rows[] = {
      {"", {}},
      {"  \t\n ", {}},
      {"a b", {"a", "b"}},
      {"  a\tb\nc  ", {"a", "b", "c"}},
      {"'a b' c", {"a b", "c"}},
      {"\"a b\" c", {"a b", "c"}},
      {"a' 'b", {"a b"}},
      {"a\" \"b'c'd", {"a bcd"}},
      {"''", {""}},
      {"\"\" ''", {"", ""}},
      {"a ''", {"a", ""}},
      {"a\\ b", {"a b"}},
      {"\\'a\\\"", {"'a\""}},
      {"\\\\", {"\\"}},
      {"'a\\b'", {"a\\b"}},
      {"'it'\\''s'", {"it's"}},
      {R"("a\"b")", {"a\"b"}},
      {R"("a\\b")", {"a\\b"}},
      {R"("a\b")", {"a\\b"}},
      {R"("\$x \`y\`")", {"$x `y`"}},
      {"\"a\\\nb\"", {"ab"}},
      {"a\\\nb", {"ab"}},
      {"'a\nb'", {"a\nb"}},
      {"--arg prompt='a \"b\" c'", {"--arg", "prompt=a \"b\" c"}},
      {"validate env \"sp ace/x.env\"", {"validate", "env", "sp ace/x.env"}},
      {"\xC3\xA4 'b \xC3\xBC'", {"\xC3\xA4", "b \xC3\xBC"}},
  };
  for (const auto& [line, words] : rows) {
    INFO(line);
    const auto split = shell_words(line);
    REQUIRE(split);
    CHECK(*split == words);
  }
}

TEST_CASE("an unclosed quote is an error, not a guess", "[core][shell_words]") {
  for (const char* line : {"'", "\"", "a 'b", "a \"b", "\"a\\\"", "a\\"}) {
    INFO(line);
    const auto split = shell_words(line);
    REQUIRE_FALSE(split);
    CHECK(split.error().kind == ErrorKind::invalid);
  }
  CHECK(shell_words("a 'b").error().message.find("quote '") != std::string::npos);
}
