#include "serve/exai_ws/connection.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"
#include "mcp/errors.hpp"
#include "serve/exai_ws/call_key.hpp"
#include "serve/exai_ws/frames.hpp"

namespace exai::serve::exai_ws {
namespace {

constexpr std::uint16_t k_policy = 1008;
// Request ids are the client's; a bound keeps them from being a memory sink.
constexpr std::size_t k_request_id_bytes = 200;

/// The request id to echo; "" when there is none fit for it.
std::string id_of(const Json& message) {
  std::string id = text_of(message, "request_id");
  return id.size() <= k_request_id_bytes ? id : std::string();
}

}  // namespace

Connection::Connection(std::shared_ptr<State> state, std::shared_ptr<net::FrameSink> sink,
                       std::string address)
    : state_(std::move(state)),
      settings_(state_->settings()),
      sink_(std::move(sink)),
      address_(std::move(address)) {
  ++state_->connections_by_address[address_];
}

Connection::~Connection() {
  const auto found = state_->connections_by_address.find(address_);
  if (--found->second == 0) state_->connections_by_address.erase(found);
}

void Connection::begin() {
  if (state_->connections_by_address[address_] > settings_->connections_per_address) {
    state_->log_error("OVER_CAPACITY", "too many daemon connections from " + address_, "");
    return end(k_policy, "too many connections from this address");
  }
  const std::weak_ptr<Connection> weak = weak_from_this();
  hello_timer_ = state_->engine.services().loop.after(settings_->hello_timeout, [weak] {
    const std::shared_ptr<Connection> self = weak.lock();
    if (self && !self->over_ && !self->session_) self->end(4002, "no hello in time");
  });
}

void Connection::end(std::uint16_t code, std::string reason) {
  over_ = true;
  hello_timer_.reset();
  sink_->close(code, std::move(reason));
}

void Connection::refuse(std::string_view word, std::uint16_t code) {
  // A wrong token has had its line already, one of many at most.
  if (word != "unauthorized")
    state_->log_error("INVALID_REQUEST", "hello refused: " + std::string(word) + ", from " + address_, "");
  sink_->send(frames::hello_refused(word), false);
  end(code, std::string(word));
}

void Connection::complain(std::string_view code, std::string_view message, const std::string& request_id,
                          const Json& details) {
  state_->log_error(code, message, session_id(), request_id);
  sink_->send(frames::error(code, message, request_id, details), false);
}

bool Connection::holds_session() const {
  return session_ && session_->attached() && session_->attachment() == attachment_;
}

void Connection::on_binary() {
  if (over_) return;
  if (!session_) return refuse("invalid_hello", 4000);
  complain("PROTOCOL_ERROR", "frames must be text");
}

void Connection::on_text(std::string_view text) {
  if (over_ || (session_ && !holds_session())) return;
  const Result<Json> message = parse_json(text);
  if (!session_ && (!message || !message->is_object())) return refuse("invalid_hello", 4000);
  if (!session_) return hello(*message);
  if (over_rate(message ? *message : Json())) return;
  if (!message) return complain("VALIDATION_ERROR", message.error().message);
  if (!message->is_object()) return complain("INVALID_REQUEST", "a frame must be a JSON object");
  operate(*message, text.size());
}

bool Connection::over_rate(const Json& message) {
  const bool object = message.is_object();
  // Giving up a call must always be possible: it frees what the limits protect.
  if (object && session_ && text_of(message, "op") == "cancel" && session_->in_flight(id_of(message)))
    return false;
  const Millis wait = state_->guard.take_frame(address_, session_id());
  if (wait.count() == 0) return false;
  complain("OVER_CAPACITY", "too many requests; wait, or raise limits.rate_session and its like",
           object ? id_of(message) : std::string(),
           {{"retry_after", static_cast<double>(wait.count()) / 1000.0}, {"capacity_type", "Rate"}});
  return true;
}

void Connection::hello(const Json& message) {
  if (text_of(message, "op") != "hello") return refuse("missing_hello", 4001);
  const net::SharedPass pass = state_->admit(text_of(message, "token"));
  if (!pass) {
    // Wrong tokens are counted apart, so that they cost nobody else at this address anything.
    if (state_->guard.refuse_hello(address_)) return end(k_policy, "too many wrong tokens");
    return refuse("unauthorized", 4003);
  }
  if (over_rate(message)) return;
  const Principal* const principal = &pass->principal;
  const bool resume = flag_of(message, "resume");
  std::shared_ptr<Session> session;
  if (resume) session = state_->find(text_of(message, "session_id"), *principal);
  const bool resumed = session != nullptr;
  if (!session) {
    const std::string client = text_of(message, "client").substr(0, 64);
    Result<std::shared_ptr<Session>> opened = state_->open(*principal, resume, client);
    if (!opened) {
      complain("OVER_CAPACITY", mcp::error_line(opened.error()), "", frames::details_of(opened.error()));
      return end(k_policy, "too many sessions");
    }
    session = std::move(*opened);
  }
  hello_timer_.reset();
  sink_->carry(pass);
  session_ = std::move(session);
  attachment_ = session_->attach(sink_);
  std::optional<frames::Resumption> resumption;
  if (resume) resumption = frames::Resumption{resumed, settings_->resume_grace};
  sink_->send(frames::hello_ok(session_->id(), resumption), false);
}

void Connection::operate(const Json& message, std::size_t bytes) {
  const std::string op = text_of(message, "op"), request_id = id_of(message);
  if (op == "call_tool" || op == "tool_call") return call_tool(message, bytes);
  if (op == "list_tools")
    return sink_->send(frames::tools(state_->catalogue.get()->tools().exai_ws_list(), request_id), false);
  if (op == "health") return sink_->send(frames::health(state_->health(), request_id), false);
  if (op == "cancel") return cancel(message);
  if (op == "ping") return sink_->send(frames::pong(request_id, state_->wall()), false);
  if (op == "rotate_token") return rotate_token(message);
  if (op == "bye") return goodbye();
  if (op == "hello")
    return complain("PROTOCOL_ERROR", "hello was said already; a session has one", request_id);
  unknown_op(message);
}

void Connection::unknown_op(const Json& message) {
  const std::string op = text_of(message, "op");
  const std::string shown = printable(std::string_view(op).substr(0, 60));
  const std::string suggestion =
      did_you_mean(shown, {"call_tool", "list_tools", "health", "cancel", "ping", "rotate_token", "bye"});
  std::string text = op.empty() ? "\"op\" must be a string" : "unknown op " + quote_json(shown);
  if (!suggestion.empty()) text += "; " + suggestion;
  complain("INVALID_REQUEST", text, id_of(message));
}

void Connection::call_tool(const Json& message, std::size_t bytes) {
  const std::string request_id = id_of(message);
  if (request_id.empty())
    return complain("INVALID_REQUEST", "call_tool needs request_id, a string of 1 to 200 bytes");
  const auto refuse_call = [&](std::string_view code, const Error& error,
                               const Json& details = Json::object()) {
    state_->log_error(code, error.message, session_id(), request_id);
    sink_->send(frames::finish(frames::failure(code, error, details).body, request_id, frames::Origin::run),
                false);
  };
  // Asked before the call is: what is answered from what is kept never gets there.
  if (const auto allowed = check_scope(session_->principal(), Scope::operator_, "call_tool"); !allowed)
    return refuse_call("UNAUTHORIZED", allowed.error());
  if (bytes > settings_->call_bytes)
    return refuse_call("OVER_CAPACITY",
                       make_error(ErrorKind::invalid, "the call is larger than limits.body allows"),
                       {{"actual_size", bytes}, {"limit", settings_->call_bytes}});
  const std::string name = text_of(message, "name");
  if (name.empty())
    return refuse_call("VALIDATION_ERROR", make_error(ErrorKind::invalid, "call_tool needs name, a string"));
  const auto offered = state_->catalogue.get();
  const mcp::ToolEntry* entry = offered->tools().find(name);
  if (entry == nullptr)
    return refuse_call("TOOL_NOT_FOUND", mcp::unknown_tool(offered->tools(), name),
                       {{"requested_tool", name.substr(0, 128)}});
  const auto given = message.find("arguments");
  Result<Json> arguments = fitting_arguments(*entry, given == message.end() ? Json::object() : *given);
  if (!arguments) return refuse_call("VALIDATION_ERROR", arguments.error());
  session_->call({request_id, entry->tool, std::move(*arguments), flag_of(message, "stream")});
}

void Connection::cancel(const Json& message) {
  const std::string request_id = id_of(message);
  const bool found = session_->in_flight(request_id);
  sink_->send(frames::cancelled(request_id, found), false);
  if (found) session_->cancel(request_id);
}

void Connection::rotate_token(const Json& message) {
  const std::string request_id = id_of(message);
  const Secret old_token(text_of(message, "old"));
  const Secret new_token(text_of(message, "new"));
  const auto answer = [&](std::string_view word, const std::string& why, std::string_view code) {
    state_->log_error(code, "rotate_token: " + why, session_id(), request_id);
    sink_->send(frames::rotated(word, why, request_id), false);
  };
  if (!session_->principal().may(Scope::admin))
    return answer("unauthorized", "this key may not rotate the token", "UNAUTHORIZED");
  if (old_token.empty() || new_token.empty())
    return answer("missing_params", "rotate_token needs old and new, two strings", "VALIDATION_ERROR");
  const Result<void> rotated = state_->rotate(old_token.reveal(), new_token.reveal(), session_id());
  if (rotated) return sink_->send(frames::rotated("", "", request_id), false);
  switch (rotated.error().kind) {
    case ErrorKind::config:
      return answer("no_token", mcp::error_line(rotated.error()), "INVALID_REQUEST");
    case ErrorKind::invalid:
      return answer("too_short", rotated.error().message, "VALIDATION_ERROR");
    default:
      return answer("unauthorized", rotated.error().message, "UNAUTHORIZED");
  }
}

void Connection::goodbye() {
  over_ = true;
  session_->end();
  sink_->close(1000, "bye");
}

void Connection::on_gone() {
  over_ = true;
  hello_timer_.reset();
  if (holds_session()) session_->detach();
}

}  // namespace exai::serve::exai_ws
