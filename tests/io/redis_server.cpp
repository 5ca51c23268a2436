#include "tests/io/redis_server.hpp"

#include "tests/catch.hpp"
#include "tests/io/free_port.hpp"

#include <array>
#include <csignal>
#include <fstream>

#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

namespace exai::test {
namespace {

/// The child says what it does on a pipe of its own and ends with this process.
int spawn(const std::string& config, bool sentinel, int log) {
  std::array<const char*, 4> arguments{"redis-server", config.c_str(), sentinel ? "--sentinel" : nullptr,
                                       nullptr};
  const int pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(log, 1);
  ::dup2(log, 2);
  ::execvp(arguments[0], const_cast<char* const*>(arguments.data()));
  ::_exit(127);
}

/// Until it says that it is ready; false when it ends before.
bool becomes_ready(int log, std::string& said) {
  constexpr int k_patience = 20'000;
  std::array<char, 4096> piece{};
  for (;;) {
    pollfd item{log, POLLIN, 0};
    if (::poll(&item, 1, k_patience) <= 0) return false;
    const ssize_t size = ::read(log, piece.data(), piece.size());
    if (size <= 0) return false;
    said.append(piece.data(), static_cast<std::size_t>(size));
    for (const char* ready : {"eady to accept connections", "Sentinel ID is"})
      if (said.find(ready) != std::string::npos) return true;
  }
}

}  // namespace

RedisServer::RedisServer(const Options& options)
    : password_(options.password), tls_(options.certificate.has_value()) {
  constexpr int k_tries = 5;  // another process may take the port first
  for (int i = 0; i < k_tries; ++i)
    if (start(options)) return;
  FAIL("redis-server does not start: apt-get install redis-server");
}

void RedisServer::write_config(const Options& options) const {
  std::ofstream config(folder_ / "redis.conf");
  config << "dir " << folder_.path().string() << "\nunixsocket " << (folder_ / "redis.sock").string()
         << "\nunixsocketperm 700\nbind 127.0.0.1\nsave \"\"\ndaemonize no\n";
  const std::uint16_t port = options.network ? port_ : 0;
  if (options.certificate)
    config << "port 0\ntls-port " << port << "\ntls-cert-file " << options.certificate->certificate.string()
           << "\ntls-key-file " << options.certificate->key.string() << "\ntls-ca-cert-file "
           << options.certificate->certificate.string() << "\ntls-auth-clients no\n";
  else
    config << "port " << port << '\n';
  if (!password_.empty()) config << "requirepass " << password_ << '\n';
  for (const std::string& line : options.lines) config << line << '\n';
}

bool RedisServer::start(const Options& options) {
  port_ = free_port();
  write_config(options);
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  pid_ = spawn((folder_ / "redis.conf").string(), options.sentinel, pipe[1]);
  ::close(pipe[1]);
  log_ = pipe[0];
  std::string said;
  if (pid_ > 0 && becomes_ready(log_, said)) return true;
  kill();
  UNSCOPED_INFO(said);
  return false;
}

RedisServer::~RedisServer() {
  kill();
}

void RedisServer::freeze() {
  ::kill(pid_, SIGSTOP);
  int status = 0;
  ::waitpid(pid_, &status, WUNTRACED);
}

void RedisServer::thaw() {
  ::kill(pid_, SIGCONT);
}

void RedisServer::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
  }
  if (log_ >= 0) ::close(log_);
  pid_ = log_ = -1;
}

RedisAddress RedisServer::address() const {
  RedisAddress address;
  address.tls = tls_;
  address.host = "127.0.0.1";
  address.port = port_;
  address.password = Secret(password_);
  return address;
}

RedisAddress RedisServer::socket_address() const {
  RedisAddress address;
  address.socket = (folder_ / "redis.sock").string();
  address.password = Secret(password_);
  return address;
}

std::string RedisServer::url() const {
  return fmt::format("{}://127.0.0.1:{}", tls_ ? "rediss" : "redis", port_);
}

}  // namespace exai::test
