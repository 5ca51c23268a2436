// exai-simulator --port N --script FILE.yaml --count: a scripted model provider for demonstrations and
// end-to-end tests.
#include "io/files.hpp"
#include "tests/simulator/simulator.hpp"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <thread>

namespace {

int refuse(const std::string& why) {
  std::fprintf(stderr,
               "exai-simulator: %s\nusage: exai-simulator [--port N] [--script FILE.yaml] [--count]\n",
               why.c_str());
  return 64;
}

/// Says "request N" for each request as it comes, so that a test can wait for one and count them.
void count_requests(const exai::simulator::Simulator& server, const std::stop_token& stop) {
  for (std::size_t count = 1; !stop.stop_requested();) {
    if (!server.wait_for_requests(count, exai::Deadline::after(exai::Millis{100}))) continue;
    std::printf("request %zu\n", count++);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace exai;
  std::uint16_t port = 0;
  bool counts = false;
  std::string text = "echo_history: true\n", file = "built-in";
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--count") {
      counts = true;
      continue;
    }
    if (i + 1 >= argc) return refuse("a value is missing after " + std::string(name));
    const std::string_view value = argv[++i];
    if (name == "--port") {
      const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), port);
      if (problem != std::errc{} || end != value.data() + value.size())
        return refuse("the port must be 0 to 65535");
    } else if (name == "--script") {
      Result<std::string> read = io::read_file(value);
      if (!read) return refuse(read.error().message);
      text = std::move(*read);
      file = value;
    } else {
      return refuse("unknown option " + std::string(name));
    }
  }
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);  // before any thread, so that only sigwait gets them
  Result<simulator::Script> script = simulator::parse_script(text, file);
  if (!script)
    return refuse(to_string(script.error().where.value_or(Location{})) + ": " + script.error().message);
  const auto server = simulator::Simulator::start(std::move(*script), port);
  if (!server) return refuse(server.error().message);
  std::printf("%s\n", (*server)->url().c_str());
  std::fflush(stdout);
  std::jthread counter;
  if (counts)
    counter = std::jthread([&server](const std::stop_token& stop) { count_requests(**server, stop); });
  int signal = 0;
  ::sigwait(&ending, &signal);
  return 0;
}
