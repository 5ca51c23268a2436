#include "tests/simulator/simulator.hpp"

#include "core/text.hpp"
#include "tests/simulator/answer.hpp"
#include "tests/simulator/files.hpp"
#include "tests/simulator/server.hpp"

#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include <fmt/core.h>

namespace exai::simulator {

struct Simulator::Impl {
  Script script;
  std::vector<int> counts;  // requests that fitted each rule
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<Seen> seen;
  std::size_t hangups = 0;
  FileShelf shelf;
  std::unique_ptr<Server> server;  // last: its threads use all of the above

  bool handle(Connection& connection, const RawRequest& request) {
    note(request);
    const Sent sent = answer(connection, request);
    if (sent == Sent::hangup) {
      const std::lock_guard lock(mutex);
      ++hangups;
      changed.notify_all();
    }
    return sent == Sent::whole;
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
    if (const std::optional<Sent> sent = answer_files(connection, request, shelf)) return *sent;
    if (const std::optional<Sent> sent = answer_search(connection, request)) return *sent;
    if (request.method == "GET" && request.path.ends_with("/models"))
      return answer_models(connection, script.models);
    if (request.method == "POST" && request.path.ends_with("/chat/completions"))
      return answer_chat(connection, default_reply(script, asked), asked);
    return answer_error(connection, 404, "no such address: " + request.path, {});
  }

  std::optional<Reply> ruled(const RawRequest& request, const Asked& asked) {
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < script.rules.size(); ++i) {
      const Match& match = script.rules[i].match;
      const std::string_view path = match.path.empty() ? "/chat/completions" : std::string_view(match.path);
      if (!request.path.substr(0, request.path.find('?')).ends_with(path)) continue;
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
  auto server = Server::start(port, [self = impl.get()](Connection& connection, const RawRequest& request) {
    return self->handle(connection, request);
  });
  if (!server) return fail(server.error());
  impl->server = std::move(*server);
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
  return fmt::format("http://127.0.0.1:{}/v1", impl_->server->port());
}
std::uint16_t Simulator::port() const {
  return impl_->server->port();
}

std::vector<Seen> Simulator::seen() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->seen;
}

std::size_t Simulator::connections() const {
  return impl_->server->connections();
}

bool Simulator::wait_for_requests(std::size_t count, Deadline deadline) const {
  return impl_->wait_until(deadline, [&] { return impl_->seen.size() >= count; });
}

bool Simulator::wait_for_hangups(std::size_t count, Deadline deadline) const {
  return impl_->wait_until(deadline, [&] { return impl_->hangups >= count; });
}

}  // namespace exai::simulator
