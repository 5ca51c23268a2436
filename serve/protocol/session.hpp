// Sessions of the 2025 revisions: bound to who opened them, bounded in number and in idle time.
#pragma once

#include "core/deadline.hpp"

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace exai::serve {

struct Session {
  std::string id;         ///< 192 random bits, printable
  std::string principal;  ///< whose it is; nobody else can use it
  std::string version;    ///< negotiated revision
  std::string client;     ///< "claude-code 2.1.330", for status and logs
  Steady used{};
};

struct SessionLimits {
  std::size_t most = 1000;
  Millis idle{3600000};
};

/// Used on the loop thread only. A session pointer is good until the next call of open(), close() or
/// expire().
class SessionTable {
 public:
  /// `make_id` is handed in; `on_gone` hears the id of every session that ends (its calls are cancelled).
  SessionTable(SessionLimits limits, const Clock& clock, std::function<std::string()> make_id,
               std::function<void(const std::string&)> on_gone);

  /// A new one. When full, the one idle longest makes room.
  const Session& open(std::string principal, std::string version, std::string client);
  /// The caller's session, now used; nullptr when unknown, expired or somebody else's.
  const Session* use(std::string_view id, std::string_view principal);
  /// True if it was there and the caller's.
  bool close(std::string_view id, std::string_view principal);
  /// Forgets the ones idle too long.
  void expire();
  void set_limits(SessionLimits limits) { limits_ = limits; }
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  using List = std::list<Session>;  // least recently used first
  void forget(List::iterator session);

  SessionLimits limits_;
  const Clock& clock_;
  std::function<std::string()> make_id_;
  std::function<void(const std::string&)> on_gone_;
  List sessions_;
  std::unordered_map<std::string_view, List::iterator> by_id_;  // keys live in the list's items
};

}  // namespace exai::serve
