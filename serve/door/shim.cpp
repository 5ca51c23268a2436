#include "serve/door/shim.hpp"

#include "core/version.hpp"
#include "io/http.hpp"
#include "serve/calls/runtime.hpp"
#include "serve/daemon/bridge.hpp"
#include "serve/door/door.hpp"
#include "serve/door/stdio.hpp"

#include <csignal>
#include <optional>

namespace exai::serve {
namespace {

/// Wires standard input and output, the bridge and the connection together; each outlives what uses it.
class Shim {
 public:
  Shim(const Config& config, io::Url url, std::string shown, Millis call_timeout)
      : door_(door_limits(config)),
        url_(std::move(url)),
        frame_limit_(config.bytes("limits.frame")),
        bridge_({door_.loop(),
                 {config.text("server.name"), std::string(version()), ""},
                 config.secret("ws.token"),
                 std::move(shown),
                 call_timeout,
                 Millis{10000},
                 [this](std::string line) { input_->write(line); },
                 [this] { dial(); },
                 [this](std::string frame) {
                   if (daemon_) daemon_->send(std::move(frame), false);
                 }}) {
    input_.emplace(door_.loop(), config.bytes("limits.body"),
                   LineHooks{[this](std::string_view line) { bridge_.from_client(line); },
                             [this] { bridge_.client_too_long(); }, [this] { end_of_input(); }});
  }

  void run() {
    door_.on_signals({SIGTERM, SIGINT}, [this](int) { door_.stop(); });
    door_.run();
  }

 private:
  void dial() {
    if (daemon_) daemon_->close(1000, "");
    DialHooks hooks;
    hooks.on_open = [this] { bridge_.connected(); };
    hooks.on_text = [this](std::string_view frame) { bridge_.from_daemon(frame); };
    hooks.on_lost = [this](const Error& why) { bridge_.lost(why); };
    daemon_ = door_.dial(url_.host, url_.port, url_.path, frame_limit_, std::move(hooks));
  }

  /// What was asked is still answered; then it is over.
  void end_of_input() {
    if (bridge_.idle()) return door_.stop();
    bridge_.on_idle([this] { door_.stop(); });
  }

  Door door_;
  io::Url url_;
  std::size_t frame_limit_;
  Bridge bridge_;
  std::shared_ptr<FrameSink> daemon_;
  std::optional<StdioLines> input_;
};

}  // namespace

Result<void> run_shim(const Config& config, const ServeOptions& options) {
  Result<io::Url> url = io::parse_url(options.connect);
  if (!url) return fail(url.error());
  if (url->scheme != "ws")
    return fail(ErrorKind::usage, "--connect needs a ws:// URL, got " + options.connect,
                "the daemon's is ws://127.0.0.1:8079");
  const Result<std::shared_ptr<const Runtime>> runtime = make_runtime(config, options.root);
  if (!runtime) return fail(runtime.error());
  if (options.check_only) return {};
  std::signal(SIGPIPE, SIG_IGN);
  Shim shim(config, std::move(*url), options.connect, (*runtime)->budgets[timeouts::Layer::shim]);
  shim.run();
  return {};
}

}  // namespace exai::serve
