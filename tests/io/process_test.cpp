#include "io/process.hpp"

#include "io/notify.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/simulator/simulator.hpp"

#include <csignal>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/un.h>

#include <unistd.h>

using namespace exai;

namespace {
Deadline soon() {
  return Deadline::after(Millis{10000});
}
}  // namespace

TEST_CASE("a child answers line by line and ends when its input does", "[io][process]") {
  auto child = io::Child::start({"cat"});
  REQUIRE(child);
  REQUIRE(child->write_line("first", soon()));
  REQUIRE(child->write_line("second", soon()));
  CHECK(child->read_line(soon()).value() == "first");
  CHECK(child->read_line(soon()).value() == "second");
  child->close_stdin();
  const auto end = child->read_line(soon());
  REQUIRE(!end);
  CHECK(end.error().kind == ErrorKind::unreachable);
  CHECK(child->wait(soon()) == 0);
}

TEST_CASE("a silent child runs into the deadline", "[io][process]") {
  auto child = io::Child::start({"cat"});
  REQUIRE(child);
  const auto line = child->read_line(Deadline::after(Millis{20}));
  REQUIRE(!line);
  CHECK(line.error().kind == ErrorKind::timeout);
  CHECK(!child->wait(Deadline::after(Millis{1})));
}

TEST_CASE("a child gets its arguments unchanged: there is no shell", "[io][process]") {
  auto child = io::Child::start({"printf", "%s\n", "a b; $(echo c) *"});
  REQUIRE(child);
  CHECK(child->read_line(soon()).value() == "a b; $(echo c) *");
}

TEST_CASE("the status of a child is reported, of a killed one too", "[io][process]") {
  auto failing = io::Child::start({"sh", "-c", "exit 7"});
  REQUIRE(failing);
  CHECK(failing->wait(soon()) == 7);
  auto killed = io::Child::start({"sh", "-c", "kill -KILL $$"});
  REQUIRE(killed);
  CHECK(killed->wait(soon()) == 128 + SIGKILL);
}

TEST_CASE("writing to a child that has gone is an error, not a signal", "[io][process]") {
  auto child = io::Child::start({"true"});
  REQUIRE(child);
  REQUIRE(child->wait(soon()));
  const auto written = child->write_line("anyone there?", soon());
  REQUIRE(!written);
  CHECK(written.error().kind == ErrorKind::unreachable);
}

TEST_CASE("a program that is not there is unreachable", "[io][process]") {
  const auto child = io::Child::start({"/nowhere/no-such-program"});
  REQUIRE(!child);
  CHECK(child.error().kind == ErrorKind::unreachable);
  CHECK(child.error().message.find("no-such-program") != std::string::npos);
}

TEST_CASE("facts of our own process are true", "[io][process]") {
  const auto facts = io::process_facts(::getpid());
  REQUIRE(facts);
  CHECK(facts->resident_bytes > 1'000'000);
  CHECK(facts->executable == std::filesystem::read_symlink("/proc/self/exe"));
  CHECK(facts->uptime < std::chrono::hours(24));
  CHECK(!io::process_facts(0x7ffffff0));
}

TEST_CASE("the listener of a port is found, and a free port has none", "[io][process]") {
  std::uint16_t port = 0;
  {
    const auto server = simulator::Simulator::with("");
    port = server->port();
    CHECK(io::listeners(port) == std::vector<long>{::getpid()});
    CHECK(io::tcp_connect("127.0.0.1", std::to_string(port), soon()));
  }
  CHECK(io::listeners(port).empty());
  const auto refused = io::tcp_connect("127.0.0.1", std::to_string(port), soon());
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::unreachable);
  CHECK(refused.error().message.find(std::to_string(port)) != std::string::npos);
}

TEST_CASE("signals go to processes only", "[io][process]") {
  CHECK(io::send_signal(::getpid(), 0));
  CHECK(io::send_signal(0, SIGTERM).error().kind == ErrorKind::invalid);
  CHECK(io::send_signal(-1, SIGTERM).error().kind == ErrorKind::invalid);
  CHECK(io::send_signal(0x7ffffff0, 0).error().kind == ErrorKind::not_found);
}

TEST_CASE("systemd is notified by a datagram", "[io][notify]") {
  const test::TempFolder folder;
  const std::string path = (folder / "notify").string();
  const int receiver = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
  REQUIRE(::bind(receiver, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  io::notify_systemd("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  io::notify_systemd("READY=2");
  char text[64] = {};
  CHECK(::recv(receiver, text, sizeof(text) - 1, MSG_DONTWAIT) == 7);
  CHECK(std::string(text) == "READY=1");
  CHECK(::recv(receiver, text, sizeof(text) - 1, MSG_DONTWAIT) == -1);
  ::close(receiver);
}
