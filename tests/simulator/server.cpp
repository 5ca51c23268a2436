#include "tests/simulator/server.hpp"

#include <fmt/core.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

namespace exai::simulator {

Result<std::unique_ptr<Server>> Server::start(std::uint16_t port, Handler handler) {
  std::unique_ptr<Server> server(new Server(std::move(handler)));
  if (!server->listen_on(port))
    return fail(ErrorKind::refused, fmt::format("cannot listen on 127.0.0.1:{}", port),
                "name a free port, or 0");
  server->acceptor_ = std::thread([self = server.get()] { self->accept_all(); });
  return server;
}

Server::~Server() {
  if (stop_event_ >= 0) (void)::eventfd_write(stop_event_, 1);
  if (acceptor_.joinable()) acceptor_.join();
  for (std::thread& worker : workers_) worker.join();
  if (listener_ >= 0) ::close(listener_);
  if (stop_event_ >= 0) ::close(stop_event_);
}

std::size_t Server::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool Server::listen_on(std::uint16_t wanted) {
  stop_event_ = ::eventfd(0, EFD_CLOEXEC);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(wanted);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, SOMAXCONN) != 0) return false;
  if (::getsockname(listener_, generic, &size) != 0) return false;
  port_ = ntohs(address.sin_port);
  return true;
}

void Server::accept_all() {
  for (;;) {
    pollfd items[2]{{listener_, POLLIN, 0}, {stop_event_, POLLIN, 0}};
    if (::poll(items, 2, -1) < 0) continue;
    if (items[1].revents != 0) return;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const std::lock_guard lock(mutex_);
    ++connections_;
    workers_.emplace_back([this, socket] { serve(socket); });
  }
}

void Server::serve(int socket) {
  Connection connection(socket, stop_event_);
  while (const std::optional<RawRequest> request = connection.read())
    if (!handler_(connection, *request)) return;
}

}  // namespace exai::simulator
