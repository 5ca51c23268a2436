#include "serve/shim.hpp"

#include "core/version.hpp"
#include "engine/runtime.hpp"
#include "io/http.hpp"
#include "io/process.hpp"
#include "io/random.hpp"
#include "serve/exai_ws/bridge.hpp"
#include "serve/net/net_server.hpp"
#include "serve/net/stdio.hpp"

#include <csignal>
#include <optional>

#include <sys/prctl.h>

#include <unistd.h>

namespace exai::serve {
namespace {

/// In [0,1).
double chance() {
  return static_cast<double>(std::stoul(io::random_hex(4), nullptr, 16)) / 4294967296.0;
}

std::string name_of(const Config& config) {
  const std::string& given = config.text("shim.session_id");
  return given.empty() ? "shim-" + io::random_hex(8) : given;
}

/// Wires standard input and output, the bridge and the connection together; each outlives what uses it.
class Shim {
 public:
  Shim(const Config& config, io::Url url, std::string shown, Millis call_timeout, pid_t parent)
      : net_(net::net_limits(config)),
        url_(std::move(url)),
        frame_limit_(config.bytes("limits.frame")),
        close_timeout_(config.duration("ws.close_timeout")),
        parent_(parent),
        bridge_(bridge_parts(config, std::move(shown), call_timeout)) {
    input_.emplace(net_.loop(), config.bytes("limits.body"),
                   net::LineHooks{[this](std::string_view line) { bridge_.from_client(line); },
                                  [this] { bridge_.client_too_long(); }, [this] { end_of_input(); }});
  }

  void run() {
    net_.on_signals({SIGTERM, SIGINT, k_parent_died}, [this](int signal) {
      // The kernel also sends it when only the thread that started us has ended.
      if (signal != k_parent_died || getppid() != parent_) end();
    });
    // It may have died before the handler stood.
    net_.loop().post([this] {
      if (getppid() != parent_) end();
    });
    net_.run();
  }

  static constexpr int k_parent_died = SIGUSR1;

 private:
  exai_ws::BridgeParts bridge_parts(const Config& config, std::string shown, Millis call_timeout) {
    return {net_.loop(),
            {config.text("server.name"), std::string(version()), ""},
            config.secret("ws.token"),
            std::move(shown),
            name_of(config),
            call_timeout,
            config.duration("shim.ack_grace"),
            config.duration("shim.connect_timeout"),
            config.duration("shim.handshake_timeout"),
            chance,
            [this](std::string line) { input_->write(line); },
            [this] { dial(); },
            [this](std::string frame) {
              if (server_) server_->send(std::move(frame), false);
            }};
  }

  void dial() {
    if (server_) server_->close(1000, "");
    net::DialHooks hooks;
    hooks.on_open = [this] { bridge_.connected(); };
    hooks.on_text = [this](std::string_view frame) { bridge_.from_server(frame); };
    hooks.on_lost = [this](const Error& why) {
      if (ending_) return net_.stop();
      bridge_.lost(why);
    };
    server_ = net_.dial(url_.host, url_.port, url_.path, frame_limit_, std::move(hooks));
  }

  /// What was asked is still answered; then it is over.
  void end_of_input() {
    if (bridge_.idle()) return end();
    bridge_.on_idle([this] { end(); });
  }

  /// Says goodbye to the server, so that it does not wait for us to come back, and stops.
  void end() {
    if (std::exchange(ending_, true)) return;
    if (!bridge_.leave()) return net_.stop();
    goodbye_ = net_.loop().after(close_timeout_, [this] { net_.stop(); });
  }

  net::NetServer net_;
  io::Url url_;
  std::size_t frame_limit_;
  Millis close_timeout_;
  pid_t parent_;
  bool ending_ = false;
  std::unique_ptr<engine::Timer> goodbye_;
  exai_ws::Bridge bridge_;
  std::shared_ptr<net::FrameSink> server_;
  std::optional<net::StdioLines> input_;
};

}  // namespace

Result<void> run_shim(const Config& config, const ServeOptions& options) {
  const pid_t parent = getppid();
  Result<io::Url> url = io::parse_url(options.connect);
  if (!url) return fail(url.error());
  if (url->scheme != "ws")
    return fail(ErrorKind::usage, "--connect needs a ws:// URL, got " + options.connect,
                "the daemon's is ws://127.0.0.1:8079");
  const Result<std::shared_ptr<const engine::Runtime>> runtime = engine::make_runtime(config, options.root);
  if (!runtime) return fail(runtime.error());
  if (options.check_only) return {};
  io::ignore_stray_signals();
  // An editor that crashes may leave our standard input open in another child of it: no end of input comes
  // then.
  prctl(PR_SET_PDEATHSIG, Shim::k_parent_died);
  Shim shim(config, std::move(*url), options.connect, (*runtime)->budgets[timeouts::Layer::shim], parent);
  shim.run();
  return {};
}

}  // namespace exai::serve
