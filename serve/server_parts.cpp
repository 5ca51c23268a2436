#include "serve/server_parts.hpp"

#include "core/file_names.hpp"
#include "core/json.hpp"
#include "core/version.hpp"
#include "io/journal.hpp"
#include "io/random.hpp"
#include "store/redis.hpp"

#include <fmt/core.h>

#include <unistd.h>

namespace exai::serve {
namespace {

engine::ConversationLimits conversation_limits(const Config& config, const store::Home& home) {
  // Small commits: a large one takes the processor from the calls for too long.
  return {.gather = Millis{5}, .power = config.text("memory.durability") == "power", .shared = home.shared()};
}

/// The judge has said what is wrong with an address that is none.
std::unique_ptr<store::SharedState> shared_state(const Config& config) {
  auto address = redis_address(config);
  if (!address || !*address) return nullptr;
  return store::make_redis_state(std::move(**address), config.text("redis.ca_file"),
                                 config.text("redis.prefix"));
}

/// What was promised outlives the process; where nothing may, nothing is promised.
engine::ConversationMemory::OpenJournal journal_in(const std::filesystem::path& folder, bool keeps) {
  if (!keeps) return {};
  return
      [folder] { return io::Journal::open(folder, "exai-" + io::time_ordered_uuid(system_clock().wall())); };
}

}  // namespace

ListenAddresses listen_addresses(const Config& config) {
  return {{config.text("http.host"), config.port("http.port")},
          {config.text("ws.host"), config.port("ws.port")},
          {config.text("health.host"), config.port("health.port")}};
}

ServerParts::ServerParts(ServerInputs inputs)
    : options(inputs.options),
      config(inputs.runtime->config),
      log(std::move(inputs.log)),
      environment(std::move(inputs.environment)),
      catalogue([this, fetch = std::move(inputs.catalogue)] {
        mcp::Catalogue first = fetch();
        metrics.learn(first.job_names());
        return first;
      }),
      metrics({}),
      store(home(), environment->clock()),
      shared(environment->replays() ? nullptr : shared_state(config)),
      memory(
          store.conversations(), environment->clock(), conversation_limits(config, store.home()),
          [this](const Error& error) {
            metrics.storage_failed();
            log->write(io::LogLevel::warning, "memory.write",
                       "conversations are not in the store yet: " + error.message);
          },
          journal_in(state_folder(), keeps_state())),
      caches(config, environment->clock(), [this] { metrics.cache_hit(); }),
      spend(&store.spend(), environment->clock(),
            [this](const Error& error) {
              log->write(io::LogLevel::warning, "spend.write",
                         "the cost of models is not in the store yet: " + error.message);
            }),
      router({permits, metrics, environment->clock(), environment->transport(), log.get(), &spend,
              [this] { return environment->chance(); }}),
      view({catalogue, environment->clock(), log_folder(), *log, in_flight, permits, router}),
      net(net::net_limits(config)),
      background(net.loop()),
      engine({.reach = {&environment->clock(), &memory, &caches, &store, &view,
                        [this] { return environment->new_id(); },
                        [this](const io::HttpRequest& request) { return environment->http(request); }},
              .loop = net.loop(),
              .permits = permits,
              .metrics = metrics,
              .router = router,
              .in_flight = in_flight,
              .log = log.get()},
             std::move(inputs.runtime)),
      mcp(catalogue, inputs.writer, engine, config, system_clock()),
      access(std::move(inputs.access)),
      settings(config, options.reload, system_clock()),
      guard(access, metrics, inputs.access_clock, engine::rate_limits(config),
            [this](std::string_view text) { log->write(io::LogLevel::warning, "access.refused", text); }),
      sharing(shared.get(), background, guard.rates(), router.circuits(), environment->clock()),
      health(engine.services().reach, background, state_folder(),
             {store.home().type(), store.home().shared(), keeps_state(), shared.get()}),
      exai_ws_service(engine, background, catalogue, guard, exai_ws::settings_of(config), log.get()),
      mcp_endpoint({guard, mcp.http, mcp.sse, health, engine, background, [this] { return metrics_text(); },
                    [this] { return status(); }}),
      health_endpoint({guard, health, engine}),
      websocket_endpoint(guard, engine, background, mcp.service, exai_ws_service,
                         [] { return io::random_token(24); }) {
  caches.share(shared.get());
  watch_passes(net, mcp, guard, exai_ws_service);
}

ServerParts::~ServerParts() {
  // Its jobs look at parts that end before it would.
  background.end();
}

std::filesystem::path ServerParts::state_folder() const {
  return below(options.file_base(), config.text("server.state_dir"));
}

store::Home ServerParts::home() const {
  store::Home home = store::home_of(config, options.file_base());
  // A shared home is there even where no file may be.
  if (!keeps_state()) home.file = ":memory:";
  if (environment->replays()) home.url = Secret();
  return home;
}

std::filesystem::path ServerParts::log_folder() const {
  return below(options.file_base(), config.text("log.dir"));
}

Result<void> ServerParts::listen(const ListenAddresses& addresses) {
  const auto add = [this](Result<net::BoundSocket> bound, std::string_view scheme,
                          std::string_view path) -> Result<void> {
    if (!bound) return fail(bound.error());
    bound->url = fmt::format("{}://{}{}", scheme, bound->address, path);
    bound_sockets_.push_back(std::move(*bound));
    return {};
  };
  Result<void> done = add(
      net.listen_http("mcp", addresses.mcp.host, addresses.mcp.port, "http.port (MCP_PORT)", mcp_endpoint),
      "http", "/mcp");
  if (done)
    done = add(net.listen_frames("daemon", addresses.frames.host, addresses.frames.port,
                                 "ws.port (EXAI_WS_PORT)", websocket_endpoint),
               "ws", "");
  if (done)
    done = add(net.listen_http("health", addresses.health.host, addresses.health.port,
                               "health.port (HEALTH_CHECK_PORT)", health_endpoint, true),
               "http", "/health");
  return done;
}

void ServerParts::replace_access(auth::AccessPolicy next, const Config& settings_now) {
  access = std::move(next);
  exai_ws_service.reload(exai_ws::settings_of(settings_now));
  net.judge_now();
  mcp.end_retired_sessions();
}

std::string ServerParts::metrics_text() {
  return metrics.render(
      {caches.rows(), settings.generation(), settings.in_step(), settings.last_reload_good()});
}

Json ServerParts::bound_sockets_json() const {
  Json rows = Json::array();
  for (const net::BoundSocket& one : bound_sockets_)
    rows.push_back({{"name", one.name}, {"address", one.address}, {"url", one.url}});
  return rows;
}

std::string ServerParts::status() {
  Json permit_rows = Json::array(), circuits = Json::array();
  for (const auto& row : view.permits())
    permit_rows.push_back({{"name", row.name}, {"in_use", row.in_use}, {"limit", row.limit}});
  for (const auto& row : view.breakers())
    circuits.push_back(
        {{"provider", row.provider}, {"model", row.model}, {"state", row.state}, {"failures", row.failures}});
  Json layers = Json::object();
  for (const auto& [layer, value] : engine.runtime()->budgets.layers)
    layers[std::string(timeouts::to_string(layer))] = format_duration(value.value);
  return dump_json({{"name", config.text("server.name")},
                    {"version", version()},
                    {"pid", getpid()},
                    {"uptime_seconds", static_cast<double>(view.uptime().count()) / 1000.0},
                    {"draining", engine.draining()},
                    {"listeners", bound_sockets_json()},
                    {"permits", std::move(permit_rows)},
                    {"timeouts", std::move(layers)},
                    {"circuits", std::move(circuits)},
                    {"sessions", mcp.sessions.size()},
                    {"streams", mcp.service.streams()},
                    {"connections", net.connections()},
                    {"tools", catalogue.get()->tools().size()},
                    {"settings", settings.json()},
                    {"log_lines_lost", log->lost()}});
}

}  // namespace exai::serve
