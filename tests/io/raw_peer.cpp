#include "tests/io/raw_peer.hpp"

#include "tests/catch.hpp"

#include <array>

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace exai::test {

bool RawConnection::read() {
  std::array<char, 65536> piece{};
  return ::recv(descriptor_, piece.data(), piece.size(), 0) > 0;
}

bool RawConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawConnection::wait_for_hangup() {
  while (read()) {
  }
}

RawPeer::RawPeer(std::function<void(RawConnection&)> script)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener_, 4) == 0);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, script = std::move(script)] {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    RawConnection connection(descriptor);
    script(connection);
    ::close(descriptor);
  });
}

RawPeer::~RawPeer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

}  // namespace exai::test
