// What all connections of exai_ws share: sessions, kept results, rates, the token. Loop thread only.
#pragma once

#include "core/principal.hpp"
#include "engine/background.hpp"
#include "engine/engine.hpp"
#include "serve/auth/guard.hpp"
#include "serve/exai_ws/settings.hpp"
#include "serve/mcp/catalogue.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace exai::serve::exai_ws {

class Session;

class State {
 public:
  /// `log` may be null (tests).
  State(engine::Engine& engine, engine::Background& background, const mcp::CurrentCatalogue& catalogue,
        auth::Guard& guard, Settings settings, io::Log* log);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  /// A new session; `busy` when there are too many with a client. One that only waits for its client makes
  /// room. `client` is what the caller calls itself, for the log.
  Result<std::shared_ptr<Session>> open(const Principal& principal, bool resumable, std::string_view client);
  /// The living session of that id, if it belongs to this principal and may be resumed.
  [[nodiscard]] std::shared_ptr<Session> find(const std::string& id, const Principal& principal) const;
  void drop(const std::string& id);
  /// Ends every session.
  void clear();
  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }

  /// Whose hello token it is: exai_ws's own, as it is now, or a key's; nothing when it is neither.
  [[nodiscard]] net::SharedPass admit(std::string_view token) const {
    return guard.access().hello(token, token_);
  }
  /// True for the digest of the token that is in force, or of the setting that it was rotated from: who came
  /// in with that one stays until a reload brings another. With no digest: true while there is no token at
  /// all.
  [[nodiscard]] bool owns(const std::optional<Sha256>& digest) const;
  /// The own token of exai_ws as it is now; empty = none.
  [[nodiscard]] const Secret& token() const { return token_; }
  /// Replaces the token for later hellos, until the setting changes or the process ends. `refused` for a
  /// wrong `old`, `invalid` for a new one that is too short, `config` where there is no token.
  Result<void> rotate(std::string_view old_token, std::string_view new_token, std::string_view session);

  /// For what begins from now on.
  void reload(Settings settings);
  [[nodiscard]] const std::shared_ptr<const Settings>& settings() const { return settings_; }

  /// One line for a refusal or failure, at the level of its code.
  void log_error(std::string_view code, std::string_view message, std::string_view session,
                 std::string_view request_id = {}) const;
  void log_line(io::LogLevel level, std::string_view event, std::string_view message,
                std::string_view session) const;
  /// {"t","uptime_human","sessions","global_capacity","global_inflight","tool_count"}
  [[nodiscard]] Json health() const;

  engine::Engine& engine;
  engine::Background& background;
  const mcp::CurrentCatalogue& catalogue;
  ResultCache results;
  auth::Guard& guard;
  std::map<std::string, std::size_t>
      connections_by_address;  // the connections keep it; bounded by the net server

  [[nodiscard]] Steady now() const { return engine.services().reach.clock->steady(); }
  [[nodiscard]] Wall wall() const { return engine.services().reach.clock->wall(); }

 private:
  std::shared_ptr<const Settings> settings_;
  Secret token_;
  io::Log* log_;
  std::map<std::string, std::shared_ptr<Session>> sessions_;
};

/// Level of an error code in the log: a client's mistake is information, a full server a warning, a failure
/// an error.
io::LogLevel level_of(std::string_view code);

}  // namespace exai::serve::exai_ws
