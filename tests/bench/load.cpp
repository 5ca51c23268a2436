// exai-load PORT REQUEST_FILE CONNECTIONS SECONDS PAUSE_MS: a closed-loop HTTP/1.1 client for benchmarks.
//
// REQUEST_FILE holds one whole request, head and body, in which %ID% stands for the request's number. Every
// connection sends it, waits for its reply, pauses for 0 to 2 * PAUSE_MS, and sends the next. A latency is
// the time from before the request is written until its whole reply has been read: nothing is added, left
// out or corrected. Prints one JSON line; ends with 1 at the first reply that is not 200, does not carry its
// request's number as id, or does not say that it is no error.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view k_mark = "%ID%";
constexpr std::uint64_t k_first_id = 1'000'000'000;  // ten digits for the whole run: the length never changes

struct Plan {
  std::uint16_t port = 0;
  std::string head, tail;  // of the request: what stands before its number, and after it
  std::size_t connections = 1;
  std::chrono::seconds lasts{5};
  milliseconds pause{0};
};

struct Connection {
  int socket = -1;
  std::uint64_t id = 0;  // 0 = nothing is on its way
  Clock::time_point sent;
  std::string reply;
};

class Load {
 public:
  explicit Load(Plan plan) : plan_(std::move(plan)), connections_(plan_.connections) {}
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load();
  void run();
  void report();

 private:
  void open(Connection& connection);
  void send(Connection& connection);
  void read(Connection& connection);
  void answered(Connection& connection, std::string_view body);
  void send_what_is_due();

  Plan plan_;
  std::vector<Connection> connections_;
  int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::multimap<Clock::time_point, Connection*> pausing_;
  std::minstd_rand random_{1};
  std::uint64_t next_id_ = k_first_id;
  Clock::time_point end_;
  std::vector<std::int64_t> took_;  // nanoseconds
};

Load::~Load() {
  for (const Connection& connection : connections_)
    if (connection.socket >= 0) ::close(connection.socket);
  ::close(poll_);
}

void Load::open(Connection& connection) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(plan_.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what the sockets' interface asks for
  if (::connect(connection.socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("cannot connect to port " + std::to_string(plan_.port));
  const int yes = 1;
  (void)::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.ptr = &connection;
  if (::epoll_ctl(poll_, EPOLL_CTL_ADD, connection.socket, &wanted) != 0)
    throw std::runtime_error("cannot watch a connection");
}

void Load::send(Connection& connection) {
  connection.id = next_id_++;
  const std::string text = plan_.head + std::to_string(connection.id) + plan_.tail;
  connection.sent = Clock::now();
  if (::send(connection.socket, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("the server does not take a whole request");
}

void Load::read(Connection& connection) {
  constexpr std::string_view k_end = "\r\n\r\n", k_length = "\r\nContent-Length: ";
  char bytes[16384];
  const ssize_t got = ::recv(connection.socket, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got <= 0) throw std::runtime_error("the server closed a connection");
  connection.reply.append(bytes, static_cast<std::size_t>(got));
  const std::string_view reply = connection.reply;
  const std::size_t head = reply.find(k_end);
  if (head == std::string_view::npos) return;
  const std::size_t length = reply.find(k_length);
  std::size_t size = 0;
  if (!reply.starts_with("HTTP/1.1 200 ") || length > head ||
      std::from_chars(reply.data() + length + k_length.size(), reply.data() + head, size).ec != std::errc{})
    throw std::runtime_error("no answer of a known length: " + connection.reply.substr(0, 400));
  if (reply.size() < head + k_end.size() + size) return;
  answered(connection, reply.substr(head + k_end.size()));
}

void Load::answered(Connection& connection, std::string_view body) {
  const Clock::time_point now = Clock::now();
  // What decides stands at the ends, and the client must not be slower than the server.
  if (!body.starts_with(R"({"jsonrpc":"2.0","id":)" + std::to_string(connection.id) + R"(,"result":)") ||
      body.rfind(R"("isError":false)") == std::string_view::npos)
    throw std::runtime_error("a wrong answer: " + std::string(body.substr(0, 400)));
  connection.reply.clear();
  connection.id = 0;
  if (now >= end_) return;
  took_.push_back(std::chrono::nanoseconds(now - connection.sent).count());
  if (plan_.pause.count() == 0) return send(connection);
  std::uniform_int_distribution<std::int64_t> spread(0, 2 * std::chrono::nanoseconds(plan_.pause).count());
  pausing_.emplace(now + std::chrono::nanoseconds(spread(random_)), &connection);
}

void Load::send_what_is_due() {
  while (!pausing_.empty() && pausing_.begin()->first <= Clock::now()) {
    Connection& connection = *pausing_.begin()->second;
    pausing_.erase(pausing_.begin());
    send(connection);
  }
}

void Load::run() {
  constexpr std::chrono::seconds k_grace{10};  // a reply that takes longer is none
  for (Connection& connection : connections_) open(connection);
  end_ = Clock::now() + plan_.lasts;
  for (Connection& connection : connections_) send(connection);
  const auto waiting = [](const Connection& one) { return one.id != 0; };
  while (Clock::now() < end_ || std::any_of(connections_.begin(), connections_.end(), waiting)) {
    if (Clock::now() > end_ + k_grace) throw std::runtime_error("a request was not answered");
    epoll_event seen[256];
    const int count = ::epoll_wait(poll_, seen, std::size(seen), pausing_.empty() ? 100 : 1);
    for (int i = 0; i < count; ++i) read(*static_cast<Connection*>(seen[i].data.ptr));
    if (Clock::now() < end_) send_what_is_due();
  }
}

void Load::report() {
  std::sort(took_.begin(), took_.end());
  const auto ms = [&](double share) {
    if (took_.empty()) throw std::runtime_error("nothing was answered in time");
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(took_.size() - 1));
    return static_cast<double>(took_[rank]) / 1e6;
  };
  std::printf(R"({"requests": %zu, "per_second": %.0f, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f})"
              "\n",
              took_.size(), static_cast<double>(took_.size()) / static_cast<double>(plan_.lasts.count()),
              ms(0.5), ms(0.99), ms(1));
}

template <typename Number>
Number number(const char* text) {
  const std::string_view digits = text;
  Number value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size())
    throw std::runtime_error("'" + std::string(digits) + "' is no number");
  return value;
}

Plan plan_of(char** argument) {
  Plan plan;
  plan.port = number<std::uint16_t>(argument[1]);
  std::ifstream file(argument[2], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t mark = text.find(k_mark);
  if (mark == std::string::npos)
    throw std::runtime_error(std::string(argument[2]) + " holds no request with %ID% in it");
  plan.head = text.substr(0, mark);
  plan.tail = text.substr(mark + k_mark.size());
  plan.connections = std::max<std::size_t>(1, number<std::size_t>(argument[3]));
  plan.lasts = std::chrono::seconds(number<int>(argument[4]));
  plan.pause = milliseconds(number<int>(argument[5]));
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: exai-load PORT REQUEST_FILE CONNECTIONS SECONDS PAUSE_MS\n", stderr);
    return 64;
  }
  try {
    Load load(plan_of(argv));
    load.run();
    load.report();
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "exai-load: %s\n", problem.what());
    return 1;
  }
}
