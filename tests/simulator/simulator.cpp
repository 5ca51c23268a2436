#include "tests/simulator/simulator.hpp"

#include "core/text.hpp"
#include "tests/simulator/answer.hpp"

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <fmt/core.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

namespace exai::simulator {

struct Simulator::Impl {
  Script script;
  std::vector<int> counts;  // requests that fitted each rule
  int listener = -1, stop_event = -1;
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<Seen> seen;
  std::size_t hangups = 0, connections = 0;
  std::list<std::thread> workers;
  std::thread acceptor;

  ~Impl() {
    if (stop_event >= 0) (void)!::write(stop_event, "\1\0\0\0\0\0\0\0", 8);
    if (acceptor.joinable()) acceptor.join();
    for (std::thread& worker : workers) worker.join();
    if (listener >= 0) ::close(listener);
    if (stop_event >= 0) ::close(stop_event);
  }

  bool listen_on(std::uint16_t wanted) {
    stop_event = ::eventfd(0, EFD_CLOEXEC);
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(wanted);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, generic, size) != 0 || ::listen(listener, 64) != 0) return false;
    if (::getsockname(listener, generic, &size) != 0) return false;
    port = ntohs(address.sin_port);
    return true;
  }

  void accept_all() {
    for (;;) {
      pollfd items[2]{{listener, POLLIN, 0}, {stop_event, POLLIN, 0}};
      if (::poll(items, 2, -1) < 0) continue;
      if (items[1].revents != 0) return;
      const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      const std::lock_guard lock(mutex);
      ++connections;
      workers.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    Connection connection(socket, stop_event);
    while (const std::optional<RawRequest> request = connection.read()) {
      note(*request);
      const Sent sent = answer(connection, *request);
      if (sent == Sent::hangup) {
        const std::lock_guard lock(mutex);
        ++hangups;
        changed.notify_all();
      }
      if (sent != Sent::whole) return;
    }
  }

  void note(const RawRequest& request) {
    const std::lock_guard lock(mutex);
    seen.push_back({request.method, request.path, request.authorization, request.body});
    changed.notify_all();
  }

  Sent answer(Connection& connection, const RawRequest& request) {
    if (!script.key.empty() && request.authorization != "Bearer " + script.key)
      return answer_error(connection, 401, "invalid api key", {});
    const Asked asked = read_asked(request.body);
    if (const std::optional<Reply> reply = ruled(request, asked))
      return answer_chat(connection, *reply, asked);
    if (request.method == "GET" && request.path.ends_with("/models"))
      return answer_models(connection, script.models);
    if (request.method == "POST" && request.path.ends_with("/chat/completions"))
      return answer_chat(connection, standard_reply(script, asked), asked);
    return answer_error(connection, 404, "no such address: " + request.path, {});
  }

  std::optional<Reply> ruled(const RawRequest& request, const Asked& asked) {
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < script.rules.size(); ++i) {
      const Match& match = script.rules[i].match;
      const std::string_view path = match.path.empty() ? "/chat/completions" : std::string_view(match.path);
      if (!request.path.ends_with(path)) continue;
      if (!match.model.empty() && match.model != asked.model) continue;
      if (asked.last_user.find(match.contains) == std::string::npos) continue;
      if (++counts[i] != match.nth && match.nth != 0) continue;
      return script.rules[i].reply;
    }
    return std::nullopt;
  }

  template <class Predicate>
  bool wait_until(Deadline deadline, Predicate predicate) const {
    std::unique_lock lock(mutex);
    return changed.wait_until(lock, deadline.at(), predicate);
  }
};

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Simulator::~Simulator() = default;

Result<std::unique_ptr<Simulator>> Simulator::start(Script script, std::uint16_t port) {
  auto impl = std::make_unique<Impl>();
  impl->script = std::move(script);
  impl->counts.assign(impl->script.rules.size(), 0);
  if (!impl->listen_on(port))
    return fail(ErrorKind::refused, fmt::format("cannot listen on 127.0.0.1:{}", port),
                "name a free port, or 0");
  impl->acceptor = std::thread([self = impl.get()] { self->accept_all(); });
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

std::unique_ptr<Simulator> Simulator::with(std::string_view script_yaml) {
  Result<Script> script = parse_script(script_yaml, "script");
  if (!script) throw std::runtime_error(script.error().message);
  auto started = start(std::move(*script));
  if (!started) throw std::runtime_error(started.error().message);
  return std::move(*started);
}

std::string Simulator::url() const {
  return fmt::format("http://127.0.0.1:{}/v1", impl_->port);
}
std::uint16_t Simulator::port() const {
  return impl_->port;
}

std::vector<Seen> Simulator::seen() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->seen;
}

std::size_t Simulator::connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->connections;
}

bool Simulator::wait_for_requests(std::size_t count, Deadline deadline) const {
  return impl_->wait_until(deadline, [&] { return impl_->seen.size() >= count; });
}

bool Simulator::wait_for_hangups(std::size_t count, Deadline deadline) const {
  return impl_->wait_until(deadline, [&] { return impl_->hangups >= count; });
}

}  // namespace exai::simulator
