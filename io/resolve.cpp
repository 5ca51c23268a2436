#include "io/resolve.hpp"

#include "core/text.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>

#include <fmt/core.h>
#include <sys/socket.h>

#include <netdb.h>

namespace exai::io {
namespace {

constexpr int k_max_waiting = 16;
std::atomic<int> g_waiting{0};

/// What the asking thread and the one that waits share; whoever is last lets it go.
struct Question {
  std::mutex mutex;
  std::condition_variable_any answered;
  std::optional<Lookup> answer;
};

Lookup look_up(const std::string& host, const std::string& port, int flags) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags;
  addrinfo* list = nullptr;
  Lookup answer;
  if (const int problem = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &list); problem != 0) {
    answer.problem = ::gai_strerror(problem);
    return answer;
  }
  for (const addrinfo* item = list; item != nullptr; item = item->ai_next) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(item->ai_addr);
    answer.found.emplace_back(bytes, bytes + item->ai_addrlen);
  }
  ::freeaddrinfo(list);
  return answer;
}

/// Loopback by its own name is nobody's to ask (RFC 6761, 6.3): a bare root has no /etc/hosts.
bool is_localhost(std::string_view host) {
  constexpr std::string_view k_name = "localhost";
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > k_name.size() && host[host.size() - k_name.size() - 1] != '.') return false;
  return host.size() >= k_name.size() &&
         equals_ignoring_case(host.substr(host.size() - k_name.size()), k_name);
}

}  // namespace

Lookup system_lookup(const std::string& host, const std::string& port) {
  return look_up(host, port, 0);
}

Result<std::vector<SocketAddress>> resolve(
    const std::string& host, const std::string& port, Deadline deadline,
    const std::function<Lookup(const std::string&, const std::string&)>& lookup,
    const std::stop_token& stop) {
  if (Lookup numeric = look_up(host, port, AI_NUMERICHOST | AI_NUMERICSERV); !numeric.found.empty())
    return std::move(numeric.found);
  if (is_localhost(host)) {
    Lookup loopback = look_up("127.0.0.1", port, AI_NUMERICHOST | AI_NUMERICSERV);
    for (SocketAddress& v6 : look_up("::1", port, AI_NUMERICHOST | AI_NUMERICSERV).found)
      loopback.found.push_back(std::move(v6));
    if (!loopback.found.empty()) return std::move(loopback.found);
  }
  if (g_waiting.fetch_add(1) >= k_max_waiting) {
    g_waiting.fetch_sub(1);
    return fail(ErrorKind::busy, fmt::format("cannot resolve {}: the name server answers nobody", host),
                "check the DNS server, or give a numeric address");
  }
  auto question = std::make_shared<Question>();
  try {
    std::thread([question, host, port, lookup] {
      Lookup answer = lookup(host, port);
      g_waiting.fetch_sub(1);
      const std::lock_guard lock(question->mutex);
      question->answer = std::move(answer);
      question->answered.notify_all();
    }).detach();
  } catch (const std::system_error& full) {
    g_waiting.fetch_sub(1);
    return fail(ErrorKind::busy, fmt::format("cannot resolve {}: {}", host, full.what()));
  }
  std::unique_lock lock(question->mutex);
  if (!question->answered.wait_until(lock, stop, deadline.at(),
                                     [&] { return question->answer.has_value(); })) {
    if (stop.stop_requested())
      return fail(ErrorKind::cancelled, fmt::format("resolve was cancelled: {}:{}", host, port));
    return fail(ErrorKind::timeout, fmt::format("resolve took too long: {}:{}", host, port),
                "check the name and the DNS server");
  }
  if (question->answer->found.empty())
    return fail(ErrorKind::unreachable,
                fmt::format("resolve failed: {}:{}: {}", host, port, question->answer->problem),
                "check the name and the DNS server");
  return std::move(question->answer->found);
}

}  // namespace exai::io
