#include "serve/net/frames.hpp"

#include "tests/catch.hpp"

#include <vector>

using namespace exai::serve::net;

namespace {

/// A frame as a client sends it, masked with 1 2 3 4.
std::string frame(unsigned first, const std::string& payload, unsigned size_bit = 0x80) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(size_bit | payload.size());
  } else {
    out += static_cast<char>(size_bit | 126U);
    out += static_cast<char>(payload.size() >> 8U);
    out += static_cast<char>(payload.size() & 0xffU);
  }
  out += "\x01\x02\x03\x04";
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ static_cast<char>(1 + i % 4));
  return out;
}

std::string closing(unsigned code, const std::string& reason = {}) {
  return frame(0x88, std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)} + reason);
}

/// What comes out of bytes, as a text: "text:abc ping:x close:1000".
std::string events(const std::string& bytes, std::size_t first, std::size_t piece) {
  FrameReader reader;
  reader.set_max(200);
  std::string trace;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = at == 0 ? first : piece;
    std::string rest = bytes.substr(at, size);
    at += size;
    for (bool on = true; on;) {
      const std::size_t taken = reader.take(rest);
      rest.erase(0, taken);
      const std::string payload(reader.payload());
      switch (reader.event()) {
        case FrameReader::Event::none:
          on = false;
          break;
        case FrameReader::Event::text:
          trace += "text:" + payload + " ";
          break;
        case FrameReader::Event::binary:
          trace += "binary:" + payload + " ";
          break;
        case FrameReader::Event::ping:
          trace += "ping:" + payload + " ";
          break;
        case FrameReader::Event::pong:
          trace += "pong:" + payload + " ";
          break;
        case FrameReader::Event::close:
          return trace + "close:" + std::to_string(reader.code());
        case FrameReader::Event::broken:
          return trace + "broken:" + std::to_string(reader.code());
      }
    }
  }
  return trace + (reader.within() ? "..." : "");
}

std::string events(const std::string& bytes) {
  const std::string whole = events(bytes, bytes.size(), 1);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const std::string halves = events(bytes, cut, bytes.size());
    if (halves != whole) FAIL("cut at " << cut << ": " << halves << " instead of " << whole);
  }
  CHECK(events(bytes, 1, 1) == whole);
  return whole;
}

}  // namespace

TEST_CASE("frames become messages however their bytes are cut", "[serve][net][websocket]") {
  CHECK(events(frame(0x81, "abc")) == "text:abc ");
  CHECK(events(frame(0x81, "")) == "text: ");
  CHECK(events(frame(0x82, "\xff")) == "binary:\xff ");
  CHECK(events(frame(0x81, std::string(126, 'a'))) == "text:" + std::string(126, 'a') + " ");
  CHECK(events(frame(0x81, "a") + frame(0x81, "b")) == "text:a text:b ");
  CHECK(events(frame(0x01, "a") + frame(0x89, "p") + frame(0x00, "b") + frame(0x8a, "q") +
               frame(0x80, "c")) == "ping:p pong:q text:abc ");
  CHECK(events(frame(0x02, "") + frame(0x80, "x")) == "binary:x ");
  CHECK(events(frame(0x01, "a")) == "...");
  CHECK(events(frame(0x81, "abc").substr(0, 4)) == "...");
  CHECK(events(frame(0x89, std::string(125, 'p'))) == "ping:" + std::string(125, 'p') + " ");
  CHECK(events(closing(1000)) == "close:1000");
  CHECK(events(frame(0x88, "")) == "close:0");
  CHECK(events(closing(1000, "bye") + frame(0x81, "never read")) == "close:1000");
}

TEST_CASE("frames that break the rules end the connection with the code for it", "[serve][net][websocket]") {
  for (const unsigned reserved : {0xC1U, 0xA1U, 0x91U, 0xF1U})
    CHECK(events(frame(reserved, "a")) == "broken:1002");
  for (const unsigned kind : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U})
    CHECK(events(frame(0x80U | kind, "a")) == "broken:1002");
  CHECK(events(frame(0x81, "abc", 0)) == "broken:1002");  // not masked
  CHECK(events(frame(0x80, "a")) == "broken:1002");
  CHECK(events(frame(0x00, "a")) == "broken:1002");
  CHECK(events(frame(0x01, "a") + frame(0x81, "b")) == "broken:1002");
  CHECK(events(frame(0x01, "a") + frame(0x02, "b")) == "broken:1002");
  for (const unsigned kind : {8U, 9U, 10U}) {
    CHECK(events(frame(kind, "a")) == "broken:1002");
    CHECK(events(frame(0x80U | kind, std::string(126, 'a'))) == "broken:1002");
  }
  // Lengths that could be written shorter, and one that no message has.
  CHECK(events(std::string("\x81\xfe\x00\x05", 4) + "\x01\x02\x03\x04" + "abcde") == "broken:1002");
  CHECK(events(std::string("\x81\xff\x00\x00\x00\x00\x00\x00\x00\x05", 10) + "\x01\x02\x03\x04" + "abcde") ==
        "broken:1002");
  CHECK(events(std::string("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00", 10) + "\x01\x02\x03\x04") ==
        "broken:1002");
  CHECK(events(frame(0x81, std::string(201, 'a'))) == "broken:1009");
  CHECK(events(frame(0x01, std::string(150, 'a')) + frame(0x80, std::string(51, 'a'))) == "broken:1009");
  CHECK(events(frame(0x01, std::string(150, 'a')) + frame(0x80, std::string(50, 'a'))).starts_with("text:"));
  CHECK(events(std::string("\x82\xff\x00\x00\x00\x01\x00\x00\x00\x00", 10) + "\x01\x02\x03\x04") ==
        "broken:1009");
}

TEST_CASE("texts and reasons are UTF-8 as a whole", "[serve][net][websocket]") {
  CHECK(events(frame(0x81, "\xc3\xa9")) == "text:\xc3\xa9 ");
  // A character may be cut by the border of two fragments.
  CHECK(events(frame(0x01, "\xc3") + frame(0x80, "\xa9")) == "text:\xc3\xa9 ");
  CHECK(events(frame(0x01, "\xf0\x9f") + frame(0x00, "") + frame(0x80, "\x98\x80")) ==
        "text:\xf0\x9f\x98\x80 ");
  for (const char* const bad :
       {"\xc3", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe2\x82"}) {
    CHECK(events(frame(0x81, bad)) == "broken:1007");
    CHECK(events(frame(0x01, bad) + frame(0x80, "")) == "broken:1007");  // the last fragment is empty
    CHECK(events(frame(0x01, "") + frame(0x00, bad) + frame(0x80, "")) == "broken:1007");
    CHECK(events(closing(1000, bad)) == "broken:1007");
    CHECK(events(frame(0x82, bad)).starts_with("binary:"));
  }
}

TEST_CASE("close codes are those that may be sent", "[serve][net][websocket]") {
  for (unsigned code = 0; code <= 0xffffU; ++code) {
    const bool good =
        (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    if (is_close_code(static_cast<std::uint16_t>(code)) != good) FAIL(code);
  }
  for (const unsigned code :
       {0U, 1U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 9999U, 65535U})
    CHECK(events(closing(code)) == "broken:1002");
  for (const unsigned code : {1000U, 1001U, 1003U, 1007U, 1011U, 1014U, 3000U, 4000U, 4999U})
    CHECK(events(closing(code)) == "close:" + std::to_string(code));
  CHECK(events(frame(0x88, "a")) == "broken:1002");
}

TEST_CASE("frames to the client have the shortest head, and a reason is cut at a character",
          "[serve][net][websocket]") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{125}, std::size_t{126}, std::size_t{65535}, std::size_t{65536}}) {
    std::string out;
    append_frame(out, Opcode::text, std::string(size, 'a'));
    CHECK(out.size() == size + (size < 126 ? 2 : size < 65536 ? 4 : 10));
    CHECK(static_cast<unsigned char>(out[0]) == 0x81U);
    CHECK((static_cast<unsigned char>(out[1]) & 0x80U) == 0);
  }
  std::string out;
  append_close(out, 1001, std::string(122, 'a') + "\xc3\xa9");
  CHECK(out == std::string("\x88\x7c\x03\xe9") + std::string(122, 'a'));
  out.clear();
  append_close(out, 0, "");
  CHECK(out == std::string("\x88\x00", 2));
}
