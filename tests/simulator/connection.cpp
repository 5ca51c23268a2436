#include "tests/simulator/connection.hpp"

#include "core/text.hpp"

#include <charconv>

#include <sys/socket.h>

#include <poll.h>
#include <unistd.h>

namespace exai::simulator {
namespace {

std::string header(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(trim(line.substr(0, colon)), name))
      return std::string(trim(line.substr(colon + 1)));
  }
  return {};
}

}  // namespace

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

Connection::Woke Connection::wait(int timeout_ms, bool for_data) {
  // Without for_data only a hangup counts: a pipelined request must not end a pause.
  pollfd items[2]{{socket_, static_cast<short>(for_data ? POLLIN | POLLRDHUP : POLLRDHUP), 0},
                  {stop_event_, POLLIN, 0}};
  const int ready = ::poll(items, 2, timeout_ms);
  if (ready <= 0) return Woke::timeout;
  return items[1].revents != 0 ? Woke::stop : Woke::peer;
}

std::optional<RawRequest> Connection::read() {
  constexpr std::size_t k_most = std::size_t{64} << 20U;
  for (;;) {
    if (const std::size_t end = buffer_.find("\r\n\r\n"); end != std::string::npos) {
      const std::string head = buffer_.substr(0, end + 2);
      const std::string text = header(head, "content-length");
      std::size_t length = 0;
      std::from_chars(text.data(), text.data() + text.size(), length);
      if (buffer_.size() >= end + 4 + length) {
        const std::vector<std::string> words = split(head.substr(0, head.find("\r\n")), ' ');
        if (words.size() < 2) return std::nullopt;
        RawRequest request{words[0], words[1], header(head, "authorization"), buffer_.substr(end + 4, length),
                           head};
        buffer_.erase(0, end + 4 + length);
        return request;
      }
    }
    if (buffer_.size() > k_most || wait(-1, true) != Woke::peer) return std::nullopt;
    char piece[65536];
    const ssize_t got = ::recv(socket_, piece, sizeof(piece), 0);
    if (got <= 0) return std::nullopt;
    buffer_.append(piece, static_cast<std::size_t>(got));
  }
}

bool Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::pause(Millis duration) {
  return duration.count() <= 0 || wait(static_cast<int>(duration.count()), false) == Woke::timeout;
}

bool Connection::wait_for_hangup() {
  return wait(-1, false) == Woke::peer;
}

void Connection::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  ::close(socket_);
  socket_ = -1;
}

}  // namespace exai::simulator
