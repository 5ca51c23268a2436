#include "serve/server.hpp"

#include "core/redact.hpp"
#include "core/version.hpp"
#include "io/files.hpp"
#include "io/log.hpp"
#include "io/notify.hpp"
#include "io/random.hpp"
#include "serve/calls/lazy_store.hpp"
#include "serve/daemon/daemon.hpp"
#include "serve/door/door.hpp"
#include "serve/door/stdio.hpp"
#include "serve/front.hpp"
#include "serve/outside.hpp"
#include "serve/protocol/mcp_pipe.hpp"
#include "serve/shim.hpp"
#include "serve/sites.hpp"
#include "serve/toolbox.hpp"
#include "serve/view.hpp"

#include <csignal>
#include <future>
#include <optional>

#include <fmt/core.h>
#include <sys/resource.h>

#include <unistd.h>

namespace exai::serve {
namespace {
namespace serving {

using ReadyHook = std::function<void(const std::vector<Listener>&)>;

/// What must hold before the first thread: broken pipes are errors, not deaths, and no secret ends in a core
/// file.
void harden() {
  std::signal(SIGPIPE, SIG_IGN);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // limits.connections says how many may come, not what a shell happens to allow: without descriptors the
  // health listener could accept nobody either.
  constexpr rlim_t k_files = 16384;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= k_files) return;
  files.rlim_cur = std::min(files.rlim_max, k_files);
  setrlimit(RLIMIT_NOFILE, &files);
}

constexpr unsigned k_last_seconds = 5;
// Metrics and log hear of the tools by then, also when no client comes.
constexpr Millis k_fetch_after{30};
constexpr Millis k_forget_every = std::chrono::hours(1);

io::LogLevel level_of(const Config& config) {
  const std::string& text = config.text("log.level");
  if (text == "DEBUG") return io::LogLevel::debug;
  if (text == "WARNING") return io::LogLevel::warning;
  return text == "ERROR" ? io::LogLevel::error : io::LogLevel::info;
}

Result<std::unique_ptr<io::Log>> open_log(const Config& config, const ServeOptions& options) {
  io::LogOptions log;
  log.folder = below(options.root, config.text("log.dir"));
  log.level = level_of(config);
  log.max_bytes = config.bytes("log.max_bytes");
  log.keep = static_cast<int>(config.integer("log.keep"));
  log.to_stderr = options.terminal;
  Result<std::unique_ptr<io::Log>> opened = io::Log::open(std::move(log));
  if (opened) (*opened)->set_redactor(Redactor(config.secrets()));
  return opened;
}

/// What a client's model reads before it has called anything.
std::string instructions() {
  return "exai lends you engineering workflows and the models GLM and Kimi.\n"
         "Workflows (debug, codereview, analyze, secaudit and others) go step by step: call one with "
         "step_number 1, do yourself what required_actions of the answer says, then call it again as "
         "next_call shows, with what you found. At the last step another model judges your findings where "
         "that helps.\n"
         "chat asks one question. Answers carry a continuation_id; give it back to go on, also in another "
         "tool.\n"
         "Name files by their path: their contents are sent along. listmodels shows the models, self-check "
         "what is configured.";
}

/// The rules of access; standard input has one caller, so no key is looked for there.
Result<AccessPolicy> open_access(const Config& config, const ServeOptions& options,
                                 const AccessPolicy* before) {
  const Config none = Config::defaults();
  return AccessPolicy::load(options.stdio ? none : config, options.root, options.strict, before);
}

/// Everything that serves, in the order in which it depends on what stands above.
class Server {
 public:
  Server(std::shared_ptr<const Runtime> runtime, const ServeOptions& options, const Wire& wire,
         std::future<Result<Toolbox>> toolbox, AccessPolicy access, std::unique_ptr<io::Log> log,
         std::unique_ptr<Outside> outside)
      : options_(options),
        wire_(wire),
        config_(runtime->config),
        outside_(std::move(outside)),
        clock_(outside_->clock()),
        log_(std::move(log)),
        toolbox_(std::move(toolbox)),
        catalogue_([this] { return first_catalogue(); }),
        metrics_({}),
        store_(outside_->replays() ? std::filesystem::path(":memory:") : state_folder() / "exai.db", clock_),
        // Small commits: a large one takes the processor from the calls for too long.
        memory_(store_, clock_, {.gather = Millis{5}},
                [this](const Error& error) {
                  log_->write(io::LogLevel::warning, "memory.write",
                              "conversations are not in the store yet: " + error.message);
                }),
        caches_(config_, clock_, [this] { metrics_.cache_hit(); }),
        spend_(&store_, clock_,
               [this](const Error& error) {
                 log_->write(io::LogLevel::warning, "spend.write",
                             "the cost of models is not in the store yet: " + error.message);
               }),
        router_({permits_, metrics_, clock_, outside_->transport(), log_.get(), &spend_,
                 [this] { return outside_->chance(); }}),
        view_(catalogue_, clock_, below(options.root, config_.text("log.dir"))),
        door_(door_limits(config_)),
        engine_({door_.loop(), clock_, permits_, metrics_, router_, memory_, caches_, store_, view_,
                 [this] { return outside_->new_id(); }},
                std::move(runtime), log_.get()),
        front_(catalogue_, wire, engine_, config_, system_clock()),
        access_(std::move(access)),
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
    outside_->on_failure(
        [this](const Error& error) { log_->write(io::LogLevel::error, "cassette.write", error.message); });
    warn_of_access();
  }

  Result<void> bind() {
    const auto listen = [this](Result<Listener> listener, std::string_view scheme,
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
      daemon_.write_health(below(options_.root, config_.text("log.dir")) / "ws_daemon.health.json",
                           listeners_[1].address);
    return done;
  }

  [[nodiscard]] const std::vector<Listener>& listeners() const { return listeners_; }

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
    door_.run();
    log_->write(io::LogLevel::info, "server.stop", "stopped");
  }

 private:
  [[nodiscard]] std::filesystem::path state_folder() const {
    return below(options_.root, config_.text("server.state_dir"));
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
    grace_ = door_.loop().after(options_.grace, [this] {
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

  void reload() {
    if (!options_.reload) return;
    io::notify_systemd("RELOADING=1");
    Result<Config> fresh = options_.reload();
    Result<std::shared_ptr<const Runtime>> runtime =
        fresh ? make_runtime(std::move(*fresh), options_.root)
              : Result<std::shared_ptr<const Runtime>>(fail(fresh.error()));
    Result<AccessPolicy> access = runtime ? open_access((*runtime)->config, options_, &access_)
                                          : Result<AccessPolicy>(fail(runtime.error()));
    if (!access) {
      runtime = fail(access.error());
    } else if (Result<void> exposed = check_exposure((*runtime)->config, *access); !exposed) {
      runtime = fail(exposed.error());
    }
    if (runtime)
      apply(*runtime, std::move(*access));
    else
      log_->write(io::LogLevel::error, "server.reload", "kept the old settings: " + runtime.error().message);
    io::notify_systemd("READY=1");
  }

  /// What nobody may continue any more need not be kept.
  void forget_old_later() {
    forget_ = door_.loop().after(k_forget_every, [this] {
      const Millis ttl = engine_.runtime()->config.duration("conversation.ttl");
      const auto failed = std::make_shared<std::string>();
      engine_.background(
          [this, ttl, failed] {
            if (const auto done = store_.expire_conversations(ttl); !done) *failed = done.error().message;
          },
          [this, failed] {
            if (!failed->empty()) log_->write(io::LogLevel::warning, "memory.expire", *failed);
          });
      forget_old_later();
    });
  }

  /// A broken workflow must not take the others away: then all stay as they were.
  void reload_tools(const Config& config) {
    Result<Toolbox> next =
        make_toolbox(wire_, config, configured_workflows(config, options_.root), options_.documents);
    if (!next) {
      const Error& error = next.error();
      const std::string where = error.where ? to_string(*error.where) + ": " : "";
      log_->write(io::LogLevel::error, "server.reload", "kept the old tools: " + where + error.message);
      return;
    }
    warn_of_tools(next->findings);
    const bool same = next->catalogue.tools().items() == catalogue_.get()->tools().items();
    metrics_.learn(next->catalogue.job_names());
    catalogue_.replace(std::move(next->catalogue));
    if (same) return;
    front_.service.changed(Change::tools, "");
    front_.service.changed(Change::prompts, "");
  }

  /// Loop thread: nothing that runs elsewhere asks for the catalogue before the loop has.
  Catalogue first_catalogue() {
    Result<Toolbox> made = toolbox_.get();
    if (!made) throw std::runtime_error("the built-in tools are broken: " + made.error().message);
    metrics_.learn(made->catalogue.job_names());
    warn_of_tools(made->findings);
    return std::move(made->catalogue);
  }

  void warn_of_tools(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings)
      log_->write(io::LogLevel::warning, finding.rule,
                  finding.message + (finding.hint.empty() ? "" : "; " + finding.hint));
  }

  void warn_of_access() {
    for (const std::string& warning : access_.warnings())
      log_->write(io::LogLevel::warning, "access.keys", warning);
  }

  void apply(const std::shared_ptr<const Runtime>& runtime, AccessPolicy access) {
    const Config& config = runtime->config;
    const Result<void> reopened = log_->reopen(Redactor(config.secrets()), level_of(config));
    for (const auto* const key : {"http.host", "http.port", "ws.host", "ws.port", "health.host",
                                  "health.port", "server.state_dir", "log.dir"})
      if (config.text(key) != config_.text(key))
        log_->write(io::LogLevel::warning, "server.reload",
                    fmt::format("{} takes effect at the next start", key));
    engine_.reload(runtime);
    outside_->reload(config);
    door_.set_limits(door_limits(config));
    front_.reload(config);
    access_ = std::move(access);
    warn_of_access();
    daemon_.reload(daemon_settings(config));
    door_.judge_now();
    front_.end_retired_sessions();
    reload_tools(config);
    front_.service.changed(Change::resource, "exai://config");
    log_->write(
        io::LogLevel::info, "server.reload",
        reopened ? "settings reloaded, logs reopened" : "settings reloaded; " + reopened.error().message);
  }

  [[nodiscard]] std::string status() const {
    Json listeners = Json::array(), permits = Json::array();
    for (const Listener& one : listeners_)
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
                      {"log_lines_lost", log_->lost()}});
  }

  const ServeOptions& options_;
  const Wire& wire_;
  const Config config_;  // as at start: what is bound and where files are does not change by a reload
  std::unique_ptr<Outside> outside_;
  const Clock& clock_;
  std::unique_ptr<io::Log> log_;
  std::future<Result<Toolbox>> toolbox_;
  CurrentCatalogue catalogue_;
  Metrics metrics_;
  ProviderPermits permits_;
  LazyStore store_;
  Memory memory_;
  Caches caches_;
  Spend spend_;
  ModelRouter router_;
  LiveView view_;
  Door door_;
  Engine engine_;
  Front front_;
  AccessPolicy access_;
  Guard guard_;
  Health health_;
  MainSite main_site_;
  HealthSite health_site_;
  Daemon daemon_;
  FrameSite frame_site_;
  std::vector<Listener> listeners_;
  std::unique_ptr<Timer> grace_, forget_, fetch_;
};

std::string lock_line(const std::vector<Listener>& listeners) {
  Json rows = Json::array();
  for (const Listener& one : listeners)
    rows.push_back({{"name", one.name}, {"address", one.address}, {"url", one.url}});
  return dump_json({{"pid", getpid()},
                    {"started", format_utc(system_clock().wall())},
                    {"listeners", std::move(rows)}}) +
         "\n";
}

Result<void> serve(std::shared_ptr<const Runtime> runtime, std::future<Result<ToolList>> workflows,
                   const ServeOptions& options, const ReadyHook& on_ready) {
  const Wire wire({runtime->config.text("server.name"), std::string(version()), instructions()});
  const Config& config = runtime->config;
  std::future<Result<Toolbox>> toolbox =
      std::async(std::launch::async, [&wire, &options, &workflows, runtime] {
        return make_toolbox(wire, runtime->config, workflows.get(), options.documents);
      });
  // What is built in is whole; what a person wrote is judged before anybody is let in.
  if (options.check_only || !config.text("workflows.dir").empty()) {
    Result<Toolbox> judged = toolbox.get();
    if (!judged) return fail(judged.error());
    std::promise<Result<Toolbox>> ready;
    toolbox = ready.get_future();
    ready.set_value(std::move(judged));
  }
  Result<AccessPolicy> access = open_access(runtime->config, options, nullptr);
  if (!access) return fail(access.error());
  if (Result<void> exposed = check_exposure(runtime->config, *access); !exposed && !options.stdio)
    return exposed;
  if (options.check_only) {
    if (options.replay.empty()) return {};
    if (const Result<Cassette> cassette = load_cassette(options.replay); !cassette)
      return fail(cassette.error());
    return {};
  }
  harden();
  const std::filesystem::path state = below(options.root, runtime->config.text("server.state_dir"));
  std::optional<io::LockFile> lock;
  if (!options.stdio) {
    Result<io::LockFile> taken = io::LockFile::acquire(state / "exai.lock");
    if (!taken) return fail(taken.error());
    lock.emplace(std::move(*taken));
  }
  Result<std::unique_ptr<io::Log>> log = open_log(runtime->config, options);
  if (!log) return fail(log.error());
  Result<std::unique_ptr<Outside>> outside = Outside::open(runtime->config, options);
  if (!outside) return fail(outside.error());
  Server server(std::move(runtime), options, wire, std::move(toolbox), std::move(*access), std::move(*log),
                std::move(*outside));
  if (!options.stdio) {
    if (Result<void> bound = server.bind(); !bound) return bound;
    if (Result<void> told = lock->write(lock_line(server.listeners())); !told) return told;
  }
  server.run(on_ready);
  return {};
}

}  // namespace serving
}  // namespace

Result<void> run_server(const Config& config, const ServeOptions& options,
                        const std::function<void(const std::vector<Listener>&)>& on_ready) {
  if (options.stdio && !options.connect.empty()) return run_shim(config, options);
  std::future<Result<ToolList>> workflows = std::async(
      std::launch::async, [&config, &options] { return configured_workflows(config, options.root); });
  Result<std::shared_ptr<const Runtime>> runtime = make_runtime(config, options.root);
  if (!runtime) return fail(runtime.error());
  return serving::serve(std::move(*runtime), std::move(workflows), options, on_ready);
}

}  // namespace exai::serve
