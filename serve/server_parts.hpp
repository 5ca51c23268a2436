// Everything that serves, built once and in the order in which it depends on each other: for `exai serve`,
// and for the server that tests start in their own process.
#pragma once

#include "engine/background.hpp"
#include "engine/lazy_store.hpp"
#include "serve/endpoints.hpp"
#include "serve/environment.hpp"
#include "serve/exai_ws/service.hpp"
#include "serve/mcp_stack.hpp"
#include "serve/net/net_server.hpp"
#include "serve/options.hpp"
#include "serve/server_status.hpp"
#include "serve/settings_state.hpp"
#include "serve/sharing.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace exai::serve {

/// What is there before the parts are.
struct ServerInputs {
  const ServeOptions& options;  ///< outlives the parts
  std::shared_ptr<const engine::Runtime> runtime;
  const mcp::McpWriter& writer;
  std::function<mcp::Catalogue()> catalogue;  ///< asked for once, when somebody needs it
  auth::AccessPolicy access;
  std::unique_ptr<io::Log> log;
  std::unique_ptr<Environment> environment;
  const Clock& access_clock = system_clock();  ///< by which keys and tokens are judged, and requests counted
};

/// Where the three listeners stand; port 0 = any that is free.
struct ListenAddresses {
  struct Address {
    std::string host;
    std::uint16_t port = 0;
  };
  Address mcp, frames, health;
};
/// As the settings say it.
ListenAddresses listen_addresses(const Config& config);

class ServerParts {
 public:
  explicit ServerParts(ServerInputs inputs);
  ServerParts(const ServerParts&) = delete;
  ServerParts& operator=(const ServerParts&) = delete;
  ServerParts(ServerParts&&) = delete;
  ServerParts& operator=(ServerParts&&) = delete;
  ~ServerParts();

  /// Binds all three, in the order mcp, frames, health. Errors: refused, with the way out.
  Result<void> listen(const ListenAddresses& addresses);
  [[nodiscard]] const std::vector<net::BoundSocket>& bound_sockets() const { return bound_sockets_; }
  /// Other rules of access, of new settings: open connections, streams and sessions are judged by them at
  /// once.
  void replace_access(auth::AccessPolicy next, const Config& settings_now);
  /// [{"name", "address", "url"}]
  [[nodiscard]] Json bound_sockets_json() const;
  /// The state of this server: JSON for /status, text for /metrics. Loop thread.
  [[nodiscard]] std::string status();
  [[nodiscard]] std::string metrics_text();
  /// Where state and logs are.
  [[nodiscard]] std::filesystem::path state_folder() const;
  [[nodiscard]] std::filesystem::path log_folder() const;
  [[nodiscard]] store::Home home() const;
  /// False where nothing may outlive the process: a replay, a folder that cannot be written.
  [[nodiscard]] bool keeps_state() const { return !environment->replays() && !options.in_memory; }

  const ServeOptions& options;
  const Config config;  ///< as at start: what is bound and where files are does not change by a reload
  std::unique_ptr<io::Log> log;
  std::unique_ptr<Environment> environment;
  mcp::CurrentCatalogue catalogue;
  engine::Metrics metrics;
  models::ProviderPermits permits;
  engine::LazyStore store;
  std::unique_ptr<store::SharedState> shared;  ///< with other servers; null where there is no Redis
  engine::ConversationMemory memory;
  models::Caches caches;
  models::Spend spend;
  models::ModelRouter router;
  engine::InFlight in_flight;
  ServerStatus view;
  net::NetServer net;
  engine::Background background;
  engine::Engine engine;
  McpStack mcp;
  auth::AccessPolicy access;
  SettingsState settings;
  auth::Guard guard;
  Sharing sharing;
  Health health;
  exai_ws::Service exai_ws_service;
  McpEndpoint mcp_endpoint;
  HealthEndpoint health_endpoint;
  WebSocketEndpoint websocket_endpoint;

 private:
  std::vector<net::BoundSocket> bound_sockets_;
};

}  // namespace exai::serve
