#include "io/random.hpp"

#include "engine/conversations/conversation_id.hpp"
#include "tests/catch.hpp"

#include <set>

using namespace exai;

TEST_CASE("ids are UUIDs of their version and never the same", "[io][random]") {
  const Wall at(Millis{0x0192'abcd'ef01});
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string random = io::random_uuid(), ordered = io::time_ordered_uuid(at);
    REQUIRE(engine::is_conversation_id(random));
    REQUIRE(engine::is_conversation_id(ordered));
    CHECK(random[14] == '4');
    CHECK(ordered.substr(0, 15) == "0192abcd-ef01-7");
    for (const std::string& id : {random, ordered}) {
      CHECK(std::string("89ab").find(id[19]) != std::string::npos);
      CHECK(seen.insert(id).second);
    }
  }
}

TEST_CASE("ids of later are greater", "[io][random]") {
  std::string before;
  for (long long millis : {0LL, 1LL, 255LL, 256LL, 1'800'000'000'000LL, 1'800'000'000'001LL}) {
    const std::string id = io::time_ordered_uuid(Wall(Millis{millis}));
    CHECK(id > before);
    before = id;
  }
}
