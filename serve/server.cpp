#include "serve/server.hpp"

#include "core/redact.hpp"
#include "core/version.hpp"
#include "engine/lazy_store.hpp"
#include "io/files.hpp"
#include "io/journal.hpp"
#include "io/log.hpp"
#include "io/notify.hpp"
#include "io/process.hpp"
#include "io/random.hpp"
#include "serve/endpoints.hpp"
#include "serve/environment.hpp"
#include "serve/exai_ws/daemon.hpp"
#include "serve/instructions.hpp"
#include "serve/judge.hpp"
#include "serve/mcp/mcp_pipe.hpp"
#include "serve/mcp_stack.hpp"
#include "serve/net/net_server.hpp"
#include "serve/net/stdio.hpp"
#include "serve/server_status.hpp"
#include "serve/settings_state.hpp"
#include "serve/shim.hpp"
#include "serve/start.hpp"
#include "serve/toolbox.hpp"
#include "tools/workflows/workflow.hpp"

#include <csignal>
#include <future>
#include <optional>

#include <fmt/core.h>

#include <unistd.h>

namespace exai::serve {
namespace {
namespace serving {

using ReadyHook = std::function<void(const std::vector<BoundSocket>&)>;

constexpr unsigned k_last_seconds = 5;
// Metrics and log hear of the tools by then, also when no client comes.
constexpr Millis k_fetch_after{30};
constexpr Millis k_forget_every = std::chrono::hours(1);

Purpose purpose_of(const ServeOptions& options) {
  if (!options.stdio) return Purpose::serve;
  return options.connect.empty() ? Purpose::stdio : Purpose::shim;
}

Judgement judge(Config config, std::vector<Finding> findings, const ServeOptions& options,
                const AccessPolicy* before) {
  return judge_configuration(std::move(config), std::move(findings),
                             {options.root, purpose_of(options), options.strict, before});
}

ConversationLimits memory_limits(const Config& config) {
  // Small commits: a large one takes the processor from the calls for too long.
  return {.gather = Millis{5}, .power = config.text("memory.durability") == "power"};
}

/// Everything that serves, in the order in which it depends on what stands above.
class Server {
 public:
  Server(std::shared_ptr<const Runtime> runtime, const ServeOptions& options, const McpWriter& wire,
         std::future<Result<Toolbox>> toolbox, AccessPolicy access, std::unique_ptr<io::Log> log,
         std::unique_ptr<Environment> outside)
      : options_(options),
        wire_(wire),
        config_(runtime->config),
        outside_(std::move(outside)),
        clock_(outside_->clock()),
        log_(std::move(log)),
        toolbox_(std::move(toolbox)),
        catalogue_([this] { return first_catalogue(); }),
        metrics_({}),
        store_(outside_->replays() || options.in_memory ? std::filesystem::path(":memory:")
                                                        : state_folder() / "exai.db",
               clock_),
        // Small commits: a large one takes the processor from the calls for too long.
        memory_(
            store_.conversations(), clock_, memory_limits(config_),
            [this](const Error& error) {
              metrics_.storage_failed();
              log_->write(io::LogLevel::warning, "memory.write",
                          "conversations are not in the store yet: " + error.message);
            },
            journal_maker()),
        caches_(config_, clock_, [this] { metrics_.cache_hit(); }),
        spend_(&store_.spend(), clock_,
               [this](const Error& error) {
                 log_->write(io::LogLevel::warning, "spend.write",
                             "the cost of models is not in the store yet: " + error.message);
               }),
        router_({permits_, metrics_, clock_, outside_->transport(), log_.get(), &spend_,
                 [this] { return outside_->chance(); }}),
        view_(catalogue_, clock_, below(options.file_base(), config_.text("log.dir"))),
        door_(door_limits(config_)),
        engine_({door_.loop(), clock_, permits_, metrics_, router_, memory_, caches_, store_, view_,
                 [this] { return outside_->new_id(); }},
                std::move(runtime), log_.get()),
        front_(catalogue_, wire, engine_, config_, system_clock()),
        access_(std::move(access)),
        settings_(config_, options.reload, system_clock()),
        guard_(access_, metrics_, system_clock(), rate_limits(config_),
               [this](std::string_view text) { log_->write(io::LogLevel::warning, "access.refused", text); }),
        health_(engine_, state_folder()),
        main_site_(
            {guard_, front_.http, front_.sse, metrics_, health_, engine_, [this] { return status(); }}),
        health_site_(
            {guard_, front_.http, front_.sse, metrics_, health_, engine_, [this] { return status(); }}),
        daemon_(engine_, catalogue_, guard_, daemon_settings(config_), log_.get()),
        frame_site_(guard_, engine_, front_.service, daemon_, [] { return io::random_token(24); }) {
    watch_passes(door_, front_, guard_, daemon_);
    view_.watch(engine_, log_.get());
    metrics_.watch_caches([this] { return caches_.rows(); });
    metrics_.watch_settings([this] {
      return Metrics::SettingsRow{settings_.generation(), settings_.in_step(), settings_.last_reload_good()};
    });
    outside_->on_failure(
        [this](const Error& error) { log_->write(io::LogLevel::error, "cassette.write", error.message); });
  }

  Result<void> bind() {
    const auto listen = [this](Result<BoundSocket> listener, std::string_view scheme,
                               std::string_view path) -> Result<void> {
      if (!listener) return fail(listener.error());
      listener->url = fmt::format("{}://{}{}", scheme, listener->address, path);
      listeners_.push_back(std::move(*listener));
      return {};
    };
    Result<void> done = listen(door_.listen_http("mcp", config_.text("http.host"), config_.port("http.port"),
                                                 "http.port (MCP_PORT)", main_site_),
                               "http", "/mcp");
    if (done)
      done = listen(door_.listen_frames("daemon", config_.text("ws.host"), config_.port("ws.port"),
                                        "ws.port (EXAI_WS_PORT)", frame_site_),
                    "ws", "");
    if (done)
      done = listen(door_.listen_http("health", config_.text("health.host"), config_.port("health.port"),
                                      "health.port (HEALTH_CHECK_PORT)", health_site_, true),
                    "http", "/health");
    if (done)
      daemon_.write_health(below(options_.file_base(), config_.text("log.dir")) / "ws_daemon.health.json",
                           listeners_[1].address);
    return done;
  }

  /// Says in the instance file who serves here and on which settings; each reload says it anew.
  Result<void> announce(io::LockFile& file) {
    instance_ = &file;
    return file.write(instance_line());
  }

  /// Serves until drained. With `lines`, standard input is the only client and its end is the end.
  void run(const ReadyHook& on_ready) {
    log_->write(io::LogLevel::info, "server.start", "serving",
                {{"version", std::string(version())}, {"pid", std::to_string(getpid())}});
    door_.on_broken(
        [this](std::string_view what) { log_->write(io::LogLevel::error, "server.broke", what); });
    door_.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int signal) { on_signal(signal); });
    std::optional<StdioLines> input;
    std::optional<McpPipe> lines;
    if (options_.stdio) {
      lines.emplace(front_.service, "stdio", Principal{}, Transport::stdio,
                    [&input](const std::string& line, bool) { input->write(line); });
      const LineHooks hooks{[&lines](std::string_view line) { lines->take(line); },
                            [&lines] { lines->too_long(); }, [this] { drain("end of input"); }};
      input.emplace(door_.loop(), config_.bytes("limits.body"), hooks);
    }
    forget_old_later();
    fetch_ = door_.loop().after(k_fetch_after, [this] { (void)catalogue_.get(); });
    door_.loop().post([this, &on_ready] {
      if (on_ready) on_ready(listeners_);
      io::notify_systemd("READY=1");
    });
    if (!outside_->replays() && !options_.in_memory && io::any_journal(state_folder())) recover();
    door_.run();
    log_->write(io::LogLevel::info, "server.stop", "stopped");
  }

  /// What was answered is in the store now, or the end says that it is not.
  Result<void> close() {
    Result<void> kept = memory_.close();
    if (!kept) log_->write(io::LogLevel::error, "memory.write", kept.error().message);
    return kept;
  }

  /// What the judge let pass and still wants known.
  void warn_of(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      if (finding.severity != Status::warn) continue;
      const std::string where = finding.where ? to_string(*finding.where) + ": " : "";
      log_->write(io::LogLevel::warning, finding.rule,
                  where + finding.message + (finding.hint.empty() ? "" : "; " + finding.hint));
    }
  }

 private:
  [[nodiscard]] std::filesystem::path state_folder() const {
    return below(options_.file_base(), config_.text("server.state_dir"));
  }

  /// What was promised outlives the process; a cassette promises nothing.
  [[nodiscard]] ConversationMemory::OpenJournal journal_maker() const {
    if (outside_->replays() || options_.in_memory) return {};
    return [folder = state_folder()] {
      return io::Journal::open(folder, "exai-" + io::time_ordered_uuid(system_clock().wall()));
    };
  }

  /// What a killed server promised is brought in before anybody can miss it.
  void recover() {
    const auto failed = std::make_shared<std::string>();
    engine_.background(
        [this, failed] {
          if (const auto opened = store_.ping(); !opened) *failed = opened.error().message;
        },
        [this, failed] {
          if (!failed->empty()) return log_->write(io::LogLevel::error, "memory.recovered", *failed);
          if (const std::size_t found = store_.recovered(); found > 0)
            log_->write(
                io::LogLevel::info, "memory.recovered",
                fmt::format("{} changes of conversations were in the journal of a killed server", found));
        });
  }

  void on_signal(int signal) {
    if (signal == SIGHUP) return reload();
    // The second one means it: in-flight calls are left to their fate.
    if (engine_.draining()) _exit(128 + signal);
    drain(signal == SIGTERM ? "SIGTERM" : "SIGINT");
  }

  void drain(std::string_view why) {
    if (engine_.draining()) return;
    io::notify_systemd("STOPPING=1");
    log_->write(io::LogLevel::info, "server.drain", fmt::format("{}: finishing the calls in flight", why));
    engine_.drain([this] { wind_down(); });
    grace_ = door_.loop().after(options_.grace.value_or(config_.duration("server.grace")), [this] {
      log_->write(io::LogLevel::warning, "server.grace",
                  "the grace time is over: stopping the calls in flight");
      engine_.stop_all();
      // A tool that ignores even this must not keep the process: the kernel ends it.
      alarm(k_last_seconds);
      wind_down();
    });
  }

  /// The last answers leave, then the loop ends. Health stays reachable until then, saying 503.
  void wind_down() {
    door_.stop_accepting();
    front_.end_streams();
    watch_connections(20);
  }

  void watch_connections(int times) {
    if (door_.connections() == 0 || times == 0) return door_.stop();
    grace_ = door_.loop().after(Millis{50}, [this, times] { watch_connections(times - 1); });
  }

  /// All or nothing: what a start would refuse, a reload refuses, and the old settings stay in force.
  void reload() {
    if (!options_.reload) return;
    io::notify_systemd("RELOADING=1");
    const Result<void> done = take_new_settings();
    if (!done) {
      const Error& why = done.error();
      settings_.refused(why);
      log_->write(io::LogLevel::error, "server.reload",
                  fmt::format("kept the old settings: {}{}", why.where ? to_string(*why.where) + ": " : "",
                              why.message));
    }
    if (instance_ != nullptr)
      if (const Result<void> told = instance_->write(instance_line()); !told)
        log_->write(io::LogLevel::warning, "server.reload", told.error().message);
    io::notify_systemd("READY=1");
  }

  Result<void> take_new_settings() {
    Result<ConfigSources> fresh = options_.reload();
    if (!fresh) return fail(fresh.error());
    Judgement judgement = judge(std::move(fresh->config), std::move(fresh->findings), options_, &access_);
    if (auto refusal = judgement.refusal()) return fail(std::move(*refusal));
    if (auto guarded = still_guarded({engine_.runtime()->config, access_},
                                     {judgement.runtime->config, *judgement.access});
        !guarded)
      return guarded;
    const Config& config = judgement.runtime->config;
    Result<Toolbox> tools =
        make_toolbox(wire_, config, configured_workflows(config, options_.root), options_.documents);
    if (!tools) return fail(tools.error());
    apply(judgement, std::move(*tools));
    return {};
  }

  /// What nobody may continue any more need not be kept.
  void forget_old_later() {
    forget_ = door_.loop().after(k_forget_every, [this] {
      const Millis ttl = engine_.runtime()->config.duration("conversation.ttl");
      const auto failed = std::make_shared<std::string>();
      engine_.background(
          [this, ttl, failed] {
            if (const auto done = store_.conversations().expire(ttl); !done) *failed = done.error().message;
          },
          [this, failed] {
            if (!failed->empty()) log_->write(io::LogLevel::warning, "memory.expire", *failed);
          });
      forget_old_later();
    });
  }

  void replace_tools(Toolbox next) {
    const bool same = next.catalogue.tools().items() == catalogue_.get()->tools().items();
    metrics_.learn(next.catalogue.job_names());
    catalogue_.replace(std::move(next.catalogue));
    if (same) return;
    front_.service.changed(Change::tools, "");
    front_.service.changed(Change::prompts, "");
  }

  /// Loop thread: nothing that runs elsewhere asks for the catalogue before the loop has.
  Catalogue first_catalogue() {
    Result<Toolbox> made = toolbox_.get();
    if (!made) throw std::runtime_error("the built-in tools are broken: " + made.error().message);
    metrics_.learn(made->catalogue.job_names());
    return std::move(made->catalogue);
  }

  void apply(Judgement& judgement, Toolbox tools) {
    const std::shared_ptr<const Runtime> runtime = std::move(judgement.runtime);
    const Config& config = runtime->config;
    const Result<void> reopened = log_->reopen(Redactor(config.secrets()), log_level(config));
    for (const auto* const key : {"http.host", "http.port", "ws.host", "ws.port", "health.host",
                                  "health.port", "server.state_dir", "log.dir"})
      if (config.text(key) != config_.text(key))
        log_->write(io::LogLevel::warning, "server.reload",
                    fmt::format("{} takes effect at the next start", key));
    engine_.reload(runtime);
    outside_->reload(config);
    door_.set_limits(door_limits(config));
    front_.reload(config);
    access_ = std::move(*judgement.access);
    warn_of(judgement.findings);
    daemon_.reload(daemon_settings(config));
    replace_tools(std::move(tools));
    settings_.applied(config);
    door_.judge_now();
    front_.end_retired_sessions();
    front_.service.changed(Change::resource, "exai://config");
    log_->write(
        io::LogLevel::info, "server.reload",
        reopened ? "settings reloaded, logs reopened" : "settings reloaded; " + reopened.error().message);
  }

  /// One JSON line for `exai status`, `stop` and `reload`.
  [[nodiscard]] std::string instance_line() const {
    Json rows = Json::array();
    for (const BoundSocket& one : listeners_)
      rows.push_back({{"name", one.name}, {"address", one.address}, {"url", one.url}});
    return dump_json({{"pid", getpid()},
                      {"process", io::process_identity(getpid())},
                      {"root", std::filesystem::absolute(options_.root).lexically_normal().string()},
                      {"started", started_},
                      {"listeners", std::move(rows)},
                      {"settings", settings_.instance_json()}}) +
           "\n";
  }

  [[nodiscard]] std::string status() {
    Json listeners = Json::array(), permits = Json::array();
    for (const BoundSocket& one : listeners_)
      listeners.push_back({{"name", one.name}, {"address", one.address}, {"url", one.url}});
    Json layers = Json::object();
    for (const auto& [layer, value] : engine_.runtime()->budgets.layers)
      layers[std::string(timeouts::to_string(layer))] = format_duration(value.value);
    for (const auto& row : engine_.permits())
      permits.push_back({{"name", row.name}, {"in_use", row.in_use}, {"limit", row.limit}});
    Json circuits = Json::array();
    for (const auto& row : engine_.breakers())
      circuits.push_back({{"provider", row.provider},
                          {"model", row.model},
                          {"state", row.state},
                          {"failures", row.failures}});
    return dump_json({{"name", config_.text("server.name")},
                      {"version", version()},
                      {"pid", getpid()},
                      {"uptime_seconds", static_cast<double>(view_.uptime().count()) / 1000.0},
                      {"draining", engine_.draining()},
                      {"listeners", std::move(listeners)},
                      {"permits", std::move(permits)},
                      {"timeouts", std::move(layers)},
                      {"circuits", std::move(circuits)},
                      {"sessions", front_.sessions.size()},
                      {"streams", front_.service.streams()},
                      {"connections", door_.connections()},
                      {"tools", catalogue_.get()->tools().size()},
                      {"settings", settings_.json()},
                      {"log_lines_lost", log_->lost()}});
  }

  const ServeOptions& options_;
  const McpWriter& wire_;
  const Config config_;  // as at start: what is bound and where files are does not change by a reload
  std::unique_ptr<Environment> outside_;
  const Clock& clock_;
  std::unique_ptr<io::Log> log_;
  std::future<Result<Toolbox>> toolbox_;
  CurrentCatalogue catalogue_;
  Metrics metrics_;
  ProviderPermits permits_;
  LazyStore store_;
  ConversationMemory memory_;
  Caches caches_;
  Spend spend_;
  ModelRouter router_;
  ServerStatus view_;
  NetServer door_;
  Engine engine_;
  McpStack front_;
  AccessPolicy access_;
  SettingsState settings_;
  Guard guard_;
  Health health_;
  McpEndpoint main_site_;
  HealthEndpoint health_site_;
  Daemon daemon_;
  WebSocketEndpoint frame_site_;
  std::vector<BoundSocket> listeners_;
  io::LockFile* instance_ = nullptr;
  const std::string started_ = format_utc(system_clock().wall());
  std::unique_ptr<Timer> grace_, forget_, fetch_;
};

/// The tools are put together beside the rest of the start; what a person wrote was judged before.
std::future<Result<Toolbox>> tools_beside(const McpWriter& wire, std::shared_ptr<const Runtime> runtime,
                                          const ServeOptions& options,
                                          std::future<Result<ToolList>>& workflows) {
  return std::async(std::launch::async, [&wire, &options, &workflows, runtime = std::move(runtime)] {
    return make_toolbox(wire, runtime->config, workflows.get(), options.documents);
  });
}

Result<void> serve(Judgement judgement, std::future<Result<ToolList>> workflows, const ServeOptions& options,
                   const ReadyHook& on_ready) {
  std::shared_ptr<const Runtime> runtime = std::move(judgement.runtime);
  const McpWriter wire({runtime->config.text("server.name"), std::string(version()), instructions()});
  std::future<Result<Toolbox>> toolbox = tools_beside(wire, runtime, options, workflows);
  harden();
  const std::filesystem::path state = below(options.file_base(), runtime->config.text("server.state_dir"));
  std::optional<io::LockFile> lock;
  if (!options.stdio) {
    Result<io::LockFile> taken = io::LockFile::acquire(state / "exai.lock");
    if (!taken) return fail(taken.error());
    lock.emplace(std::move(*taken));
  }
  Result<std::unique_ptr<io::Log>> log = open_log(runtime->config, options);
  if (!log) return fail(log.error());
  Result<std::unique_ptr<Environment>> outside = Environment::open(runtime->config, options);
  if (!outside) return fail(outside.error());
  Server server(std::move(runtime), options, wire, std::move(toolbox), std::move(*judgement.access),
                std::move(*log), std::move(*outside));
  server.warn_of(judgement.findings);
  if (!options.stdio) {
    if (Result<void> bound = server.bind(); !bound) return bound;
    if (Result<void> told = server.announce(*lock); !told) return told;
  }
  server.run(on_ready);
  return server.close();
}

}  // namespace serving
}  // namespace

Result<void> run_server(const Config& config, const ServeOptions& options,
                        const std::function<void(const std::vector<BoundSocket>&)>& on_ready) {
  // Reading the built-in workflows is most of what a start costs, and needs nothing that is judged.
  std::future<Result<ToolList>> workflows;
  const bool own_folder = config.peek("workflows.dir").unusable || !config.text("workflows.dir").empty();
  if (!own_folder && !options.check_only && options.connect.empty())
    workflows = std::async(std::launch::async, [] { return load_workflow_tools({}); });
  Judgement judgement = serving::judge(config, options.findings, options, nullptr);
  if (auto refusal = judgement.refusal()) return fail(std::move(*refusal));
  if (options.check_only) return check_cassette(options);
  if (!options.connect.empty()) {
    Config settled = config;
    settled.settle();
    return run_shim(settled, options);
  }
  if (!workflows.valid())
    workflows = std::async(std::launch::async, [runtime = judgement.runtime, root = options.root] {
      return configured_workflows(runtime->config, root);
    });
  return serving::serve(std::move(judgement), std::move(workflows), options, on_ready);
}

}  // namespace exai::serve
