#include "serve/daemon/connection.hpp"

#include "core/text.hpp"
#include "serve/daemon/frames.hpp"
#include "serve/protocol/errors.hpp"

namespace exai::serve {
namespace {

std::string text_of(const Json& message, const char* name) {
  const auto found = message.find(name);
  return found != message.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Request ids are the client's; a bound keeps them from being a memory sink.
constexpr std::size_t k_request_id_bytes = 200;

}  // namespace

DaemonSettings daemon_settings(const Config& config) {
  DaemonSettings settings;
  settings.hello_timeout = config.duration("ws.hello_timeout");
  settings.progress_interval = config.duration("ws.progress_interval");
  settings.compat_text = config.boolean("ws.compat_text");
  settings.call_bytes = config.bytes("limits.body");
  return settings;
}

/// From the engine's events to frames, with a heartbeat while the call runs.
class DaemonConnection::Sink final : public CallSink,
                                     public std::enable_shared_from_this<DaemonConnection::Sink> {
 public:
  Sink(const std::shared_ptr<DaemonConnection>& connection, std::string request_id, const Tool& tool)
      : connection_(connection), request_id_(std::move(request_id)), name_(tool.id) {}

  void on_started(Millis budget) override {
    const auto connection = connection_.lock();
    if (!connection || connection->over_) return;
    connection->sink_->send(frames::ack(request_id_, name_, budget), false);
    beat(*connection);
  }

  void on_progress(const Progress& progress) override {
    const auto connection = connection_.lock();
    if (!connection || connection->over_) return;
    connection->sink_->send(frames::progress(request_id_, name_, progress, now(*connection)), true);
    if (!progress.message.empty())
      connection->sink_->send(frames::heartbeat(request_id_, name_, now(*connection)), true);
  }

  void on_finished(CallOutcome outcome) override {
    timer_.reset();
    const auto connection = connection_.lock();
    if (!connection) return;
    connection->running_.erase(request_id_);
    if (connection->over_) return;
    if (outcome.result) {
      const auto* output = std::get_if<ToolOutput>(&*outcome.result);
      if (output != nullptr)
        return connection->sink_->send(
            frames::result(request_id_, *output, connection->parts_.settings->compat_text), false);
    }
    const Error error =
        outcome.result ? make_error(ErrorKind::refused, name_ + " has to ask the client, which frames cannot",
                                    "call it over MCP: offer the subprotocol mcp")
                       : outcome.result.error();
    connection->sink_->send(
        frames::failure(request_id_, daemon_code(error.kind), error, frames::details_of(error)), false);
  }

 private:
  static Wall now(const DaemonConnection& connection) {
    return connection.parts_.engine.services().clock.wall();
  }

  void beat(DaemonConnection& connection) {
    const std::weak_ptr<Sink> weak = weak_from_this();
    timer_ =
        connection.parts_.engine.services().loop.after(connection.parts_.settings->progress_interval, [weak] {
          const std::shared_ptr<Sink> self = weak.lock();
          const std::shared_ptr<DaemonConnection> still = self ? self->connection_.lock() : nullptr;
          if (!still || still->over_) return;
          still->sink_->send(frames::heartbeat(self->request_id_, self->name_, now(*still)), true);
          self->beat(*still);
        });
  }

  std::weak_ptr<DaemonConnection> connection_;
  std::string request_id_, name_;
  std::unique_ptr<Timer> timer_;
};

void DaemonConnection::begin() {
  const std::weak_ptr<DaemonConnection> weak = weak_from_this();
  hello_timer_ = parts_.engine.services().loop.after(parts_.settings->hello_timeout, [weak] {
    const std::shared_ptr<DaemonConnection> self = weak.lock();
    if (!self || self->over_ || !self->session_.empty()) return;
    self->over_ = true;
    self->sink_->close(4002, "no hello in time");
  });
}

void DaemonConnection::refuse(std::string_view word, std::uint16_t code) {
  over_ = true;
  hello_timer_.reset();
  sink_->send(frames::hello_refused(word), false);
  sink_->close(code, std::string(word));
}

void DaemonConnection::on_binary() {
  if (over_) return;
  if (session_.empty()) return refuse("invalid_hello", 4000);
  sink_->send(frames::error("INVALID_REQUEST", "frames must be text"), false);
}

void DaemonConnection::on_text(std::string_view text) {
  if (over_) return;
  const Result<Json> message = parse_json(text);
  if (session_.empty()) {
    if (!message || !message->is_object()) return refuse("invalid_hello", 4000);
    return hello(*message);
  }
  if (!message) return sink_->send(frames::error("VALIDATION_ERROR", message.error().message), false);
  if (!message->is_object())
    return sink_->send(frames::error("INVALID_REQUEST", "a frame must be a JSON object"), false);
  operate(*message, text.size());
}

void DaemonConnection::hello(const Json& message) {
  if (text_of(message, "op") != "hello") return refuse("missing_hello", 4001);
  std::optional<Principal> principal = parts_.admit(text_of(message, "token"));
  if (!principal) return refuse("unauthorized", 4003);
  hello_timer_.reset();
  session_ = parts_.new_session();
  principal_ = std::move(*principal);
  sink_->send(frames::hello_ok(session_), false);
}

void DaemonConnection::operate(const Json& message, std::size_t bytes) {
  const std::string op = text_of(message, "op");
  if (op == "call_tool" || op == "tool_call") return call_tool(message, bytes);
  if (op == "list_tools") return sink_->send(frames::tools(parts_.tools.daemon_list()), false);
  if (op == "health") return sink_->send(health(), false);
  if (op == "cancel") return cancel(text_of(message, "request_id"));
  if (op == "ping") return sink_->send(R"({"op":"pong"})", false);
  const std::string shown = printable(std::string_view(op).substr(0, 60));
  const std::string meant = did_you_mean(shown, {"call_tool", "list_tools", "health", "cancel", "ping"});
  std::string text = op.empty() ? "\"op\" must be a string" : "unknown op " + quote_json(shown);
  if (!meant.empty()) text += "; " + meant;
  sink_->send(
      frames::error("INVALID_REQUEST", text, text_of(message, "request_id").substr(0, k_request_id_bytes)),
      false);
}

void DaemonConnection::call_tool(const Json& message, std::size_t bytes) {
  const std::string request_id = text_of(message, "request_id");
  if (request_id.empty() || request_id.size() > k_request_id_bytes)
    return sink_->send(
        frames::error("INVALID_REQUEST", "call_tool needs request_id, a string of 1 to 200 bytes"), false);
  const auto refuse_call = [&](std::string_view code, const Error& error,
                               const Json& details = Json::object()) {
    sink_->send(frames::failure(request_id, code, error, details), false);
  };
  if (bytes > parts_.settings->call_bytes)
    return refuse_call("OVER_CAPACITY",
                       make_error(ErrorKind::invalid, "the call is larger than limits.body allows"),
                       {{"actual_size", bytes}, {"limit", parts_.settings->call_bytes}});
  if (running_.contains(request_id))
    return sink_->send(
        frames::progress(request_id, text_of(message, "name"), {"", "duplicate request; still processing"},
                         parts_.engine.services().clock.wall()),
        false);
  const std::string name = text_of(message, "name");
  const ToolEntry* entry = parts_.tools.find(name);
  if (name.empty())
    return refuse_call("VALIDATION_ERROR", make_error(ErrorKind::invalid, "call_tool needs name, a string"));
  if (entry == nullptr)
    return refuse_call("TOOL_NOT_FOUND", unknown_tool(parts_.tools, name),
                       {{"requested_tool", name.substr(0, 128)}});
  const auto given = message.find("arguments");
  Json arguments = given == message.end() ? Json::object() : *given;
  if (const Result<void> fits = check_arguments(*entry, arguments); !fits)
    return refuse_call("VALIDATION_ERROR", fits.error());
  if (entry->tool->work != Work::inline_) running_[request_id];
  CallSpec spec;
  spec.job = tool_job(*entry->tool, std::move(arguments));
  spec.caller.principal = principal_;
  spec.caller.session = "ws:" + session_;
  spec.caller.transport = Transport::websocket;
  const auto call = parts_.engine.start(std::move(spec),
                                        std::make_shared<Sink>(shared_from_this(), request_id, *entry->tool));
  if (const auto row = running_.find(request_id); row != running_.end()) row->second = call;
}

void DaemonConnection::cancel(const std::string& request_id) {
  const auto found = running_.find(request_id);
  const std::shared_ptr<Call> call = found == running_.end() ? nullptr : found->second.lock();
  sink_->send(frames::cancelled(request_id.substr(0, k_request_id_bytes), call != nullptr), false);
  if (call) parts_.engine.cancel(call);
}

void DaemonConnection::on_gone() {
  over_ = true;
  hello_timer_.reset();
  std::vector<std::shared_ptr<Call>> calls;
  for (const auto& [id, weak] : running_)
    if (std::shared_ptr<Call> call = weak.lock()) calls.push_back(std::move(call));
  for (const std::shared_ptr<Call>& call : calls) parts_.engine.cancel(call);
}

std::string DaemonConnection::health() const {
  const CallServices& services = parts_.engine.services();
  const double now = std::chrono::duration<double>(services.clock.wall().time_since_epoch()).count();
  Json health = {
      {"t", now},
      {"uptime_human", format_duration(std::chrono::floor<std::chrono::seconds>(services.view.uptime()))},
      {"sessions", parts_.sessions()},
      {"tool_count", parts_.tools.size()}};
  for (const auto& row : parts_.engine.permits())
    if (row.name == "global") health["global_capacity"] = row.limit, health["global_inflight"] = row.in_use;
  return dump_json({{"op", "health_res"}, {"ok", true}, {"health", std::move(health)}});
}

}  // namespace exai::serve
