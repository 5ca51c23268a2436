#include "core/base64.hpp"

#include "tests/catch.hpp"

using namespace exai;

TEST_CASE("base64 goes both ways", "[core]") {
  // RFC 4648, section 10
  const std::pair<std::string, std::string> known[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : known) {
    CHECK(base64(bytes) == text);
    CHECK(read_base64(text).value() == bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(read_base64(base64(all)).value() == all);
}

TEST_CASE("what is not base64 is refused", "[core]") {
  for (const char* text : {"Zg", "Zg=", "Z===", "Zm9v=", "Zm 9", "Zm9\n", "Zg==Zg==", "Z_8=", "===="})
    CHECK(!read_base64(text));
}
