#include "cli/progress.hpp"

#include "tests/catch.hpp"

#include <cstdlib>

using namespace exai;
using namespace exai::cli;

namespace {

class HandClock : public Clock {
 public:
  [[nodiscard]] Steady steady() const override { return Steady{} + now; }
  [[nodiscard]] Wall wall() const override { return Wall{} + now; }
  Millis now{0};
};

/// A stream into memory.
struct Memory {
  Memory() { out.file = open_memstream(&data, &size); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() {
    std::fclose(out.file);
    std::free(data);
  }
  std::string text() {
    std::fflush(out.file);
    return {data, size};
  }
  Out out;
  char* data = nullptr;
  std::size_t size = 0;
};

CheckResult done(const char* id) {
  CheckResult result;
  result.id = id;
  result.status = Status::pass;
  return result;
}

}  // namespace

TEST_CASE("progress appears late, seldom and leaves no trace", "[cli][progress]") {
  ::unsetenv("CI");
  ::setenv("TERM", "xterm", 1);
  Memory memory;
  memory.out.terminal = true;
  HandClock clock;
  {
    Progress progress(memory.out, Globals{}, clock);
    clock.now = Millis{200};
    progress.done(done("a.first"), 1, 3);
    CHECK(memory.text().empty());
    clock.now = Millis{400};
    progress.done(done("b.second"), 2, 3);
    CHECK(memory.text() == "\r\x1b[K[2/3] b.second 0.4 s");
    clock.now = Millis{450};
    progress.done(done("c.third"), 3, 3);
    CHECK(memory.text().find("c.third") == std::string::npos);
  }
  CHECK(memory.text() == "\r\x1b[K[2/3] b.second 0.4 s\r\x1b[K");
}

TEST_CASE("progress is silent where it would disturb", "[cli][progress]") {
  ::unsetenv("CI");
  HandClock clock;
  Globals quiet, json, verbose;
  quiet.quiet = 1;
  json.outputs = {"json"};
  verbose.verbose = 1;
  const auto shown = [&](const Globals& globals, bool terminal) {
    Memory memory;
    memory.out.terminal = terminal;
    clock.now = Millis{0};
    Progress progress(memory.out, globals, clock);
    clock.now = Millis{1000};
    progress.done(done("a.first"), 1, 1);
    return memory.text();
  };
  CHECK(shown(quiet, true).empty());
  CHECK(shown(json, true).empty());
  CHECK(shown(Globals{}, false).empty());
  CHECK(shown(verbose, false) == "[1/1] ok a.first 0 ms\n");
  ::setenv("CI", "1", 1);
  CHECK(shown(Globals{}, true).empty());
  ::unsetenv("CI");
}
