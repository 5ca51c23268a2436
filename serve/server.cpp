#include "serve/server.hpp"

#include "core/file_names.hpp"
#include "core/redact.hpp"
#include "core/utc.hpp"
#include "core/version.hpp"
#include "io/files.hpp"
#include "io/journal.hpp"
#include "io/log.hpp"
#include "io/notify.hpp"
#include "io/process.hpp"
#include "serve/configured_catalogue.hpp"
#include "serve/instructions.hpp"
#include "serve/judge.hpp"
#include "serve/mcp/mcp_pipe.hpp"
#include "serve/net/stdio.hpp"
#include "serve/server_parts.hpp"
#include "serve/shim.hpp"
#include "serve/start.hpp"
#include "store/spool.hpp"
#include "tools/workflows/workflow.hpp"

#include <csignal>
#include <future>
#include <optional>

#include <fmt/core.h>

#include <unistd.h>

namespace exai::serve {
namespace {

using ReadyHook = std::function<void(const std::vector<net::BoundSocket>&)>;

constexpr unsigned k_last_seconds = 5;
// Metrics and log get the tools by then, also when no client comes.
constexpr Millis k_fetch_after{30};
constexpr Millis k_expire_every = std::chrono::hours(1);
constexpr Millis k_bring_in_every = std::chrono::minutes(1);

Purpose purpose_of(const ServeOptions& options) {
  if (!options.stdio) return Purpose::serve;
  return options.connect.empty() ? Purpose::stdio : Purpose::shim;
}

Judgement judge_server(Config config, std::vector<Finding> findings, const ServeOptions& options,
                       const auth::AccessPolicy* before) {
  return judge_configuration(std::move(config), std::move(findings),
                             {options.root, purpose_of(options), options.strict, before});
}

/// The life of a server: it starts, follows signals and reloads, drains and ends.
class Server {
 public:
  Server(ServerInputs inputs, const mcp::McpWriter& writer)
      : writer_(writer), options_(inputs.options), parts_(std::move(inputs)) {}

  Result<void> bind() {
    Result<void> done = parts_.listen(listen_addresses(parts_.config));
    if (done)
      parts_.exai_ws_service.write_health(parts_.log_folder() / k_exai_ws_health_file,
                                          parts_.bound_sockets()[1].address);
    return done;
  }

  /// Writes to the instance file who serves here and on which settings; each reload again.
  Result<void> announce(io::LockFile& file) {
    instance_ = &file;
    return file.write(instance_line());
  }

  /// Serves until drained. Under `stdio`, standard input is the only client and its end is the end.
  void run(const ReadyHook& on_ready) {
    log().write(io::LogLevel::info, "server.start", "serving",
                {{"version", std::string(version())}, {"pid", std::to_string(getpid())}});
    parts_.net.on_broken(
        [this](std::string_view what) { log().write(io::LogLevel::error, "server.broke", what); });
    parts_.net.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int signal) { on_signal(signal); });
    std::optional<net::StdioLines> input;
    std::optional<mcp::McpPipe> lines;
    if (options_.stdio) {
      lines.emplace(parts_.mcp.service, "stdio", Principal{}, engine::Transport::stdio,
                    [&input](const std::string& line, bool) { input->write(line); });
      const net::LineHooks hooks{[&lines](std::string_view line) { lines->take(line); },
                                 [&lines] { lines->too_long(); }, [this] { drain("end of input"); }};
      input.emplace(parts_.net.loop(), parts_.config.bytes("limits.body"), hooks);
    }
    expire_later();
    if (parts_.store.home().shared()) bring_in();
    fetch_ = parts_.net.loop().after(k_fetch_after, [this] { (void)parts_.catalogue.get(); });
    parts_.net.loop().post([this, &on_ready] {
      if (on_ready) on_ready(parts_.bound_sockets());
      io::notify_systemd("READY=1");
    });
    if (parts_.keeps_state() && io::any_journal(parts_.state_folder())) recover();
    parts_.net.run();
    log().write(io::LogLevel::info, "server.stop", "stopped");
  }

  /// What was answered is in the store now, or the end says that it is not.
  Result<void> close() {
    Result<void> closed = parts_.memory.close();
    if (!closed) log().write(io::LogLevel::error, "memory.write", closed.error().message);
    return closed;
  }

  /// What the judge let pass and still wants known.
  void warn_of(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      if (finding.severity != Status::warn) continue;
      const std::string where = finding.where ? to_string(*finding.where) + ": " : "";
      log().write(io::LogLevel::warning, finding.rule,
                  where + finding.message + (finding.hint.empty() ? "" : "; " + finding.hint));
    }
  }

 private:
  [[nodiscard]] io::Log& log() { return *parts_.log; }

  /// What a killed server promised is brought in before anybody can miss it.
  void recover() {
    const auto failed = std::make_shared<std::string>();
    parts_.background.run(
        [this, failed] {
          if (const auto opened = parts_.store.ping(); !opened) *failed = opened.error().message;
        },
        [this, failed] {
          if (!failed->empty()) return log().write(io::LogLevel::error, "memory.recovered", *failed);
          if (const std::size_t found = parts_.store.recovered(); found > 0)
            log().write(
                io::LogLevel::info, "memory.recovered",
                fmt::format("{} changes of conversations were in the journal of a killed server", found));
        });
  }

  void on_signal(int signal) {
    if (signal == SIGHUP) return reload();
    // The second one means it: in-flight calls are left to their fate.
    if (parts_.engine.draining()) _exit(128 + signal);
    drain(signal == SIGTERM ? "SIGTERM" : "SIGINT");
  }

  void drain(std::string_view why) {
    if (parts_.engine.draining()) return;
    io::notify_systemd("STOPPING=1");
    log().write(io::LogLevel::info, "server.drain", fmt::format("{}: finishing the calls in flight", why));
    parts_.engine.drain([this] { wind_down(); });
    grace_ = parts_.net.loop().after(options_.grace.value_or(parts_.config.duration("server.grace")), [this] {
      log().write(io::LogLevel::warning, "server.grace",
                  "the grace time is over: stopping the calls in flight");
      parts_.engine.stop_all();
      // A tool that ignores even this must not keep the process: the kernel ends it.
      alarm(k_last_seconds);
      wind_down();
    });
  }

  /// The last answers leave, then the loop ends. Health stays reachable until then, saying 503.
  void wind_down() {
    parts_.net.stop_accepting();
    parts_.mcp.end_streams();
    watch_connections(20);
  }

  void watch_connections(int times) {
    if (parts_.net.connections() == 0 || times == 0) return parts_.net.stop();
    grace_ = parts_.net.loop().after(Millis{50}, [this, times] { watch_connections(times - 1); });
  }

  /// All or nothing: a reload refuses what a start would refuse, and the old settings stay.
  void reload() {
    if (!options_.reload) return;
    io::notify_systemd("RELOADING=1");
    const Result<void> done = take_new_settings();
    if (!done) {
      const Error& why = done.error();
      parts_.settings.refused(why);
      log().write(io::LogLevel::error, "server.reload",
                  fmt::format("kept the old settings: {}{}", why.where ? to_string(*why.where) + ": " : "",
                              why.message));
    }
    if (instance_ != nullptr)
      if (const Result<void> written = instance_->write(instance_line()); !written)
        log().write(io::LogLevel::warning, "server.reload", written.error().message);
    io::notify_systemd("READY=1");
  }

  Result<void> take_new_settings() {
    Result<ConfigSources> fresh = options_.reload();
    if (!fresh) return fail(fresh.error());
    Judgement judgement =
        judge_server(std::move(fresh->config), std::move(fresh->findings), options_, &parts_.access);
    if (auto refusal = judgement.refusal()) return fail(std::move(*refusal));
    if (auto guarded = still_guarded({parts_.engine.runtime()->config, parts_.access},
                                     {judgement.runtime->config, *judgement.access});
        !guarded)
      return guarded;
    const Config& config = judgement.runtime->config;
    Result<ConfiguredCatalogue> tools = configured_catalogue(
        writer_, config, configured_workflows(config, options_.root), options_.documents);
    if (!tools) return fail(tools.error());
    apply(judgement, std::move(*tools));
    return {};
  }

  /// Runs that were recorded while the database was away go in once it is back. Whether it is away is told
  /// by health.
  void bring_in() {
    const auto brought = std::make_shared<Result<store::Spool::Replayed>>();
    parts_.background.run(
        [this, brought] {
          *brought =
              store::Spool(parts_.store.home().spool).replay(parts_.store.test_runs(), parts_.store.runs());
        },
        [this, brought] {
          if (*brought && (*brought)->saved > 0)
            log().write(io::LogLevel::info, "store.spool",
                        fmt::format("{} runs that waited were brought in", (*brought)->saved));
          if (*brought)
            for (const std::string& why : (*brought)->rejected)
              log().write(io::LogLevel::error, "store.spool", fmt::format("a run was set aside: {}", why));
          else if (!store::may_wait(brought->error()))
            log().write(io::LogLevel::error, "store.spool", brought->error().message);
          bring_in_ = parts_.net.loop().after(k_bring_in_every, [this] { bring_in(); });
        });
  }

  /// Deletes what nobody may continue any more.
  void expire_later() {
    expire_ = parts_.net.loop().after(k_expire_every, [this] {
      const Millis ttl = parts_.engine.runtime()->config.duration("conversation.ttl");
      const auto failed = std::make_shared<std::string>();
      parts_.background.run(
          [this, ttl, failed] {
            if (const auto done = parts_.store.conversations().expire(ttl); !done)
              *failed = done.error().message;
          },
          [this, failed] {
            if (!failed->empty()) log().write(io::LogLevel::warning, "memory.expire", *failed);
          });
      expire_later();
    });
  }

  void replace_tools(ConfiguredCatalogue next) {
    const bool same = next.catalogue.tools().items() == parts_.catalogue.get()->tools().items();
    parts_.metrics.learn(next.catalogue.job_names());
    parts_.catalogue.replace(std::move(next.catalogue));
    if (same) return;
    parts_.mcp.service.changed(engine::Change::tools, "");
    parts_.mcp.service.changed(engine::Change::prompts, "");
  }

  void apply(Judgement& judgement, ConfiguredCatalogue tools) {
    const std::shared_ptr<const engine::Runtime> runtime = std::move(judgement.runtime);
    const Config& config = runtime->config;
    const Result<void> reopened = log().reopen(Redactor(config.secrets()), log_level(config));
    for (const auto* const key : {"http.host", "http.port", "ws.host", "ws.port", "health.host",
                                  "health.port", "server.state_dir", "log.dir"})
      if (config.text(key) != parts_.config.text(key))
        log().write(io::LogLevel::warning, "server.reload",
                    fmt::format("{} takes effect at the next start", key));
    parts_.engine.reload(runtime);
    parts_.environment->reload(config);
    parts_.net.set_limits(net::net_limits(config));
    parts_.mcp.reload(config);
    parts_.replace_access(std::move(*judgement.access), config);
    warn_of(judgement.findings);
    replace_tools(std::move(tools));
    parts_.settings.applied(config);
    parts_.mcp.service.changed(engine::Change::resource, "exai://config");
    log().write(
        io::LogLevel::info, "server.reload",
        reopened ? "settings reloaded, logs reopened" : "settings reloaded; " + reopened.error().message);
  }

  /// One JSON line for `exai status`, `stop` and `reload`.
  [[nodiscard]] std::string instance_line() const {
    return dump_json({{"pid", getpid()},
                      {"process", io::process_identity(getpid())},
                      {"root", std::filesystem::absolute(options_.root).lexically_normal().string()},
                      {"started", started_},
                      {"listeners", parts_.bound_sockets_json()},
                      {"settings", parts_.settings.instance_json()}}) +
           "\n";
  }

  const mcp::McpWriter& writer_;
  const ServeOptions& options_;
  ServerParts parts_;
  io::LockFile* instance_ = nullptr;
  const std::string started_ = format_utc(system_clock().wall());
  std::unique_ptr<engine::Timer> grace_, expire_, bring_in_, fetch_;
};

/// The tools are put together beside the rest of the start; what a person wrote was judged before.
std::future<Result<ConfiguredCatalogue>> tools_beside(const mcp::McpWriter& writer,
                                                      std::shared_ptr<const engine::Runtime> runtime,
                                                      const ServeOptions& options,
                                                      std::future<Result<tools::ToolList>>& workflows) {
  return std::async(std::launch::async, [&writer, &options, &workflows, runtime = std::move(runtime)] {
    return configured_catalogue(writer, runtime->config, workflows.get(), options.documents);
  });
}

/// One listening server a state folder; one on standard input shares it.
Result<std::optional<io::LockFile>> only_one(const std::filesystem::path& state,
                                             const ServeOptions& options) {
  if (options.stdio) return std::nullopt;
  Result<io::LockFile> taken = io::LockFile::acquire(state / k_lock_file);
  if (!taken) return fail(taken.error());
  return std::optional<io::LockFile>(std::move(*taken));
}

Result<void> serve(Judgement judgement, std::future<Result<tools::ToolList>> workflows,
                   const ServeOptions& options, const ReadyHook& on_ready) {
  std::shared_ptr<const engine::Runtime> runtime = std::move(judgement.runtime);
  const mcp::McpWriter writer({runtime->config.text("server.name"), std::string(version()), instructions()});
  std::future<Result<ConfiguredCatalogue>> offered = tools_beside(writer, runtime, options, workflows);
  harden();
  const std::filesystem::path state = below(options.file_base(), runtime->config.text("server.state_dir"));
  Result<std::optional<io::LockFile>> lock = only_one(state, options);
  if (!lock) return fail(lock.error());
  Result<std::unique_ptr<io::Log>> log = open_log(runtime->config, options);
  if (!log) return fail(log.error());
  Result<std::unique_ptr<Environment>> environment =
      Environment::open(runtime->config, options, [log = log->get()](const Error& error) {
        log->write(io::LogLevel::error, "cassette.write", error.message);
      });
  if (!environment) return fail(environment.error());
  const auto first_catalogue = [&offered] {
    Result<ConfiguredCatalogue> made = offered.get();
    if (!made) throw std::runtime_error("the built-in tools are broken: " + made.error().message);
    return std::move(made->catalogue);
  };
  Server server({.options = options,
                 .runtime = std::move(runtime),
                 .writer = writer,
                 .catalogue = first_catalogue,
                 .access = std::move(*judgement.access),
                 .log = std::move(*log),
                 .environment = std::move(*environment)},
                writer);
  server.warn_of(judgement.findings);
  if (!options.stdio) {
    if (Result<void> bound = server.bind(); !bound) return bound;
    if (Result<void> written = server.announce(**lock); !written) return written;
  }
  server.run(on_ready);
  return server.close();
}

}  // namespace

Result<void> run_server(const Config& config, const ServeOptions& options,
                        const std::function<void(const std::vector<net::BoundSocket>&)>& on_ready) {
  // Reading the built-in workflows is most of what a start costs, and needs nothing that is judged.
  std::future<Result<tools::ToolList>> workflows;
  const bool own_folder = config.peek("workflows.dir").unusable || !config.text("workflows.dir").empty();
  if (!own_folder && !options.check_only && options.connect.empty())
    workflows = std::async(std::launch::async, [] { return tools::load_workflow_tools({}); });
  Judgement judgement = judge_server(config, options.findings, options, nullptr);
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
  return serve(std::move(judgement), std::move(workflows), options, on_ready);
}

}  // namespace exai::serve
