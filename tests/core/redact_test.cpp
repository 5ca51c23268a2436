#include "core/redact.hpp"

#include "tests/catch.hpp"

using namespace exai;

namespace {

const std::string k_first = "sk-abcdef-0123456789";
const std::string k_second = "sk-abcdef-0123456789-longer";  // begins with the first
const std::string k_third = "789-tail\"quoted\\secret";      // overlaps the first, and is escaped in JSON

const Redactor& redactor() {
  static const Redactor k_redactor({Secret(k_first), Secret(k_second), Secret(k_third)});
  return k_redactor;
}

std::string streamed(const std::string& text, std::size_t piece) {
  RedactedStream stream(redactor());
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) out += stream.feed(text.substr(at, piece));
  return out + stream.finish();
}

}  // namespace

TEST_CASE("a secret does not leave in pieces, wherever it is cut", "[redact]") {
  const std::vector<std::string> texts{
      "the key is " + k_first + ", keep it",
      k_first + k_first,
      "x" + k_second + "y" + k_first + "z",
      "sk-abcdef-01234567" + k_second,
      k_first.substr(0, 10) + " only its beginning",
      "sk-sk-sk-" + k_third + "sk-abcdef-",
      "c2stYWJjZGVmLTAxMjM0NTY3ODk=",  // base64 of the first
  };
  for (const std::string& text : texts)
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      CAPTURE(text, piece);
      const std::string out = streamed(text, piece);
      CHECK(redactor().clean(out));
      CHECK(out == redactor().apply(text));
    }
}

TEST_CASE("no secret survives where two of them overlap", "[redact]") {
  const std::string text = "a" + k_first + "-tail\"quoted\\secret b";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    CAPTURE(piece);
    const std::string out = streamed(text, piece);
    CHECK(out.find(k_first) == std::string::npos);
    CHECK(out.find(k_third) == std::string::npos);
  }
}

TEST_CASE("text that cannot be part of a secret is not held back", "[redact]") {
  RedactedStream stream(redactor());
  CHECK(stream.feed("an answer") == "an answer");
  CHECK(stream.feed(" of words, sk-") == " of words, ");
  CHECK(stream.feed("i and more") == "sk-i and more");
  CHECK(stream.finish() == "");
  const Redactor none;
  RedactedStream open(none);
  CHECK(open.feed(k_first) == k_first);
}

TEST_CASE("a secret is found as JSON writes it", "[redact]") {
  CHECK(redactor().apply(R"({"a":"789-tail\"quoted\\secret"})").find("quoted") == std::string::npos);
}
