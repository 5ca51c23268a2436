// Sessions of the revisions before 2026: bound to who opened them, bounded in number and in idle time.
#pragma once

#include "core/deadline.hpp"
#include "core/lru.hpp"
#include "engine/caller.hpp"
#include "serve/mcp/names.hpp"
#include "serve/net/pass.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace exai::serve::mcp {

/// Where a session gets what belongs to no request: a pipe, or the stream that an HTTP client keeps open.
class SessionChannel {
 public:
  virtual ~SessionChannel() = default;
  virtual void send(std::string message) = 0;
  /// True while the client keeps the channel open: its session is in use, however silent.
  [[nodiscard]] virtual bool listening() const { return true; }
  /// The session is over: an open stream ends.
  virtual void end() {}
};

class SessionStreams;

struct Session {
  std::string id;                         ///< 192 random bits, printable
  Principal principal;                    ///< whose it is; nobody else can use it
  std::shared_ptr<const net::Pass> pass;  ///< what it was last used with; empty for pipes
  std::string version;                    ///< negotiated revision; empty before `initialize` (pipes)
  engine::ClientFacts client;
  std::optional<engine::ClientLog> log_level = engine::ClientLog::info;
  std::set<std::string, std::less<>> subscriptions;  ///< URIs; bounded by k_max_subscriptions
  std::shared_ptr<SessionChannel> channel;
  std::shared_ptr<SessionStreams>
      streams;  ///< of an HTTP client, who reads several; the channel is one of them
  Steady used{};
  std::uint64_t next_request = 1;  ///< ids of our own requests
};

inline constexpr std::size_t k_max_subscriptions = 200;

struct SessionLimits {
  std::size_t max = 1000;
  Millis idle{3600000};
};

/// Used on the loop thread only.
class SessionTable {
 public:
  /// `make_id` is handed in; `on_gone` gets every session that ends (its calls are cancelled).
  SessionTable(SessionLimits limits, const Clock& clock, std::function<std::string()> make_id,
               std::function<void(const std::shared_ptr<Session>&)> on_gone);

  /// A new one. When full, the one idle longest makes room.
  std::shared_ptr<Session> open(Principal principal, std::string version, engine::ClientFacts client);
  /// The caller's session, now used; nullptr when unknown, expired or somebody else's.
  std::shared_ptr<Session> use(std::string_view id, std::string_view principal);
  /// True if it was there and the caller's.
  bool close(std::string_view id, std::string_view principal);
  /// Drops the ones idle too long; one whose client still listens is not idle.
  void expire();
  /// Ends those that this is true of.
  void end_if(const std::function<bool(const Session&)>& over);
  /// All end: the server stops.
  void close_all();
  void set_limits(SessionLimits limits) { limits_ = limits; }
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  using Sessions = Lru<std::shared_ptr<Session>>;
  void drop(Sessions::iterator session);

  SessionLimits limits_;
  const Clock& clock_;
  std::function<std::string()> make_id_;
  std::function<void(const std::shared_ptr<Session>&)> on_gone_;
  Sessions sessions_;
};

}  // namespace exai::serve::mcp
