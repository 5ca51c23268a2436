#include "core/sse.hpp"

#include "tests/catch.hpp"

#include <vector>

using namespace exai;

namespace {

std::vector<SseEvent> parse(SseParser& parser, std::string_view text, std::size_t step) {
  std::vector<SseEvent> events;
  for (std::size_t i = 0; i < text.size(); i += step)
    REQUIRE(parser.feed(text.substr(i, step), [&](const SseEvent& event) { events.push_back(event); }));
  return events;
}

}  // namespace

TEST_CASE("events come out the same however the bytes are cut", "[sse]") {
  constexpr std::string_view k_text =
      "\xEF\xBB\xBF: a comment\r\nid: 7\r\nevent: progress\r\ndata: one\r\ndata:two\r\n\r\ndata: "
      "last\r\rdata\n\ndata: cut";
  for (std::size_t step = 1; step <= k_text.size(); ++step) {
    CAPTURE(step);
    SseParser parser;
    const auto events = parse(parser, k_text, step);
    REQUIRE(events.size() == 3);
    CHECK(events[0].event == "progress");
    CHECK(events[0].id == "7");
    CHECK(events[0].data == "one\ntwo");
    CHECK(events[1].event == "message");
    CHECK(events[1].data == "last");
    CHECK(events[1].id == "7");
    CHECK(events[2].data.empty());
    CHECK(parser.incomplete());
  }
}

TEST_CASE("an event larger than allowed is an error", "[sse]") {
  SseParser parser(10);
  const auto ignore = [](const SseEvent&) {};
  CHECK(parser.feed("data: 1234", ignore));
  CHECK(parser.feed("5", ignore).error().kind == ErrorKind::invalid);
}

TEST_CASE("what is written can be read", "[sse]") {
  SseParser parser;
  const auto events = parse(parser, sse_event("{\"a\":1}", "42"), 3);
  REQUIRE(events.size() == 1);
  CHECK(events[0].data == "{\"a\":1}");
  CHECK(events[0].id == "42");
  CHECK(!parser.incomplete());
}
