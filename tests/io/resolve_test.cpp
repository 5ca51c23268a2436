#include "io/resolve.hpp"

#include "io/process.hpp"
#include "tests/catch.hpp"

#include <future>

#include <netinet/in.h>

using namespace exai;

TEST_CASE("numeric addresses are parsed without a query", "[io][resolve]") {
  const auto nobody = [](const std::string&, const std::string&) -> io::Lookup {
    FAIL("asked");
    return {};
  };
  const auto four = io::resolve("127.0.0.1", "80", Deadline::after(Millis{0}), nobody);
  REQUIRE(four);
  CHECK(four->size() == 1);
  CHECK(io::resolve("::1", "80", Deadline::after(Millis{0}), nobody));
}

TEST_CASE("names are resolved", "[io][resolve]") {
  const auto known = [](const std::string& host, const std::string& port) {
    return host == "some.name" ? io::system_lookup("127.0.0.1", port) : io::Lookup{};
  };
  CHECK(io::resolve("some.name", "80", Deadline::after(Millis{20000}), known));
  const auto unknown = [](const std::string&, const std::string&) {
    return io::Lookup{{}, "never heard of it"};
  };
  const auto nothing = io::resolve("some.name", "80", Deadline::after(Millis{20000}), unknown);
  REQUIRE(!nothing);
  CHECK(nothing.error().kind == ErrorKind::unreachable);
  CHECK(nothing.error().message.find("never heard of it") != std::string::npos);
}

TEST_CASE("a name server that hangs holds no caller beyond the deadline, and not too many threads",
          "[io][resolve]") {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  const auto hanging = [released](const std::string&, const std::string&) {
    released.wait();
    return io::Lookup{};
  };
  constexpr int k_most = 16;
  for (int i = 0; i < k_most; ++i) {
    const auto late = io::resolve("slow.name", "80", Deadline::after(Millis{1}), hanging);
    REQUIRE(!late);
    CHECK(late.error().kind == ErrorKind::timeout);
  }
  const auto refused = io::resolve("slow.name", "80", Deadline::after(Millis{1}), hanging);
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::busy);
  const auto known = [](const std::string&, const std::string& port) {
    return io::system_lookup("127.0.0.1", port);
  };
  release.set_value();
  // The threads leave by themselves; until they have, names are refused.
  const auto patience = Deadline::after(Millis{20000});
  while (!io::resolve("some.name", "80", patience, known) && !patience.passed()) {
  }
  CHECK(io::resolve("some.name", "80", patience, known));
}

TEST_CASE("the machine's own name needs no name server and no hosts file", "[io][resolve]") {
  const auto nobody = [](const std::string&, const std::string&) {
    return io::Lookup{{}, "nobody was to be asked"};
  };
  for (const char* name : {"localhost", "LocalHost", "localhost.", "mcp.localhost"}) {
    INFO(name);
    const auto found = io::resolve(name, "80", Deadline::after(Millis{1000}), nobody);
    REQUIRE(found);
    CHECK(found->front().size() == sizeof(sockaddr_in));
  }
  for (const char* name : {"notlocalhost", "localhost.example", "localhos"}) {
    INFO(name);
    CHECK_FALSE(io::resolve(name, "80", Deadline::after(Millis{1000}), nobody));
  }
}
