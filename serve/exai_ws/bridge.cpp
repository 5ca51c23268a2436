#include "serve/exai_ws/bridge.hpp"

#include "core/json_access.hpp"
#include "mcp/errors.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::serve::exai_ws {
namespace {

constexpr std::size_t k_max_waiting = 1024;
constexpr std::size_t k_max_bytes = std::size_t{128} << 20U;

/// Seconds of a frame as a time; zero when there are none.
Millis seconds_at(const Json& object, const char* name) {
  const double seconds = number_of(object, name).value_or(0.0);
  // A day is more than any call takes, and bounds what a wrong number can do.
  return Millis{static_cast<long long>(std::clamp(seconds, 0.0, 86400.0) * 1000)};
}

std::string rpc_failure(const mcp::RpcId& id, int code, std::string message, Json data = nullptr) {
  mcp::RpcError error;
  error.code = code;
  error.message = std::move(message);
  error.data = std::move(data);
  return mcp::rpc_error(id, error);
}

/// A failed call_tool_res as an MCP answer: refusals are errors of the protocol, failures of the tool are
/// results.
std::string failed(const mcp::RpcId& id, const Json& frame, const Json& error) {
  const std::string code = text_of(error, "code"), message = text_of(error, "message");
  Json facts = {{"code", code}, {"message", message}};
  for (const char* const name : {"details", "metadata"})
    if (error.contains(name)) facts[name] = error[name];
  if (code == "TOOL_NOT_FOUND" || code == "VALIDATION_ERROR")
    return rpc_failure(id, mcp::k_invalid_params, message, facts);
  if (code == "OVER_CAPACITY") {
    facts["kind"] = "busy";
    if (error.contains("details") && error["details"].contains("retry_after"))
      facts["retry_after"] = error["details"]["retry_after"];
    return rpc_failure(id, mcp::rpc_code(ErrorKind::busy), message, facts);
  }
  Json result = {{"content", Json::array({{{"type", "text"}, {"text", message}}})}, {"isError", true}};
  if (frame.contains("outputs")) result["content"] = frame["outputs"];
  result["structuredContent"] = {{"error", std::move(facts)}};
  return mcp::rpc_result(id, dump_json(result));
}

}  // namespace

Millis reconnect_delay(unsigned failures, double chance) {
  const double seconds = std::min(30.0, 0.25 * static_cast<double>(1U << std::min(failures, 8U)));
  return Millis{static_cast<long long>(seconds * (0.9 + 0.2 * chance) * 1000)};
}

Error Bridge::unreachable() const {
  return make_error(ErrorKind::unreachable,
                    "the daemon at " + parts_.url + " " + (why_.empty() ? "does not answer" : why_),
                    "start it with `exai serve`, or name another one with --connect");
}

void Bridge::from_client(std::string_view line) {
  auto message = mcp::read_message(line);
  if (!message) return parts_.to_client(mcp::rpc_error(message.error().id, message.error().error));
  if (message->kind == mcp::RpcMessage::Kind::request) return request(std::move(*message));
  if (message->kind == mcp::RpcMessage::Kind::notification && message->method == "notifications/cancelled")
    cancel(message->params);
}

void Bridge::client_too_long() {
  parts_.to_client(rpc_failure({}, mcp::k_invalid_request, "the message is larger than limits.body allows"));
}

void Bridge::request(mcp::RpcMessage message) {
  if (message.method == "ping") return parts_.to_client(mcp::rpc_result(message.id, "{}"));
  if (message.method == "initialize") {
    const std::string_view version =
        mcp::negotiate_version(message.params.is_object() ? text_of(message.params, "protocolVersion") : "");
    return parts_.to_client(mcp::rpc_result(message.id, mcp::initialize_result(parts_.identity, version)));
  }
  const bool call = message.method == "tools/call";
  if (!call && message.method != "tools/list")
    return parts_.to_client(rpc_failure(message.id, mcp::k_method_not_found,
                                        "method not found: " + message.method.substr(0, 128)));
  if (waiting_.size() >= k_max_waiting || held_bytes_ >= k_max_bytes)
    return parts_.to_client(mcp::rpc_error(
        message.id, mcp::to_rpc(make_error(ErrorKind::busy, "too many requests are waiting"))));
  if (call) return call_tool(std::move(message));
  list_tools(message.id);
}

void Bridge::list_tools(const mcp::RpcId& id) {
  const std::string key = fmt::format("list:{:012}", next_++);
  Waiting waiting;
  waiting.id = id;
  waiting.what = "tools/list";
  waiting.list = true;
  waiting.frame = dump_json({{"op", "list_tools"}, {"request_id", key}});
  expect(key, std::move(waiting));
}

void Bridge::call_tool(mcp::RpcMessage message) {
  if (!message.params.is_object() || text_of(message.params, "name").empty())
    return parts_.to_client(
        rpc_failure(message.id, mcp::k_invalid_params, "tools/call needs params.name (a string)"));
  Waiting waiting;
  waiting.id = std::move(message.id);
  waiting.what = text_of(message.params, "name").substr(0, 128);
  if (const auto meta = message.params.find("_meta");
      meta != message.params.end() && meta->is_object() && meta->contains("progressToken"))
    waiting.progress_token = mcp::rpc_id((*meta)["progressToken"]);
  const std::string key = fmt::format("call:{:012}", next_++);
  Json frame = {{"op", "call_tool"},
                {"request_id", key},
                {"name", message.params["name"]},
                {"arguments", Json::object()}};
  if (message.params.contains("arguments")) frame["arguments"] = std::move(message.params["arguments"]);
  waiting.frame = dump_json(frame);
  expect(key, std::move(waiting));
}

void Bridge::cancel(const Json& params) {
  const mcp::RpcId id =
      params.is_object() && params.contains("requestId") ? mcp::rpc_id(params["requestId"]) : mcp::RpcId();
  for (auto& [key, waiting] : waiting_) {
    if (waiting.id != id || id.empty() || waiting.list) continue;
    if (line_ == Line::up) parts_.to_server(dump_json({{"op", "cancel"}, {"request_id", key}}));
    held_bytes_ -= waiting.frame.size();
    waiting_.erase(key);
    break;
  }
  if (waiting_.empty() && on_idle_) on_idle_();
}

void Bridge::expect(const std::string& key, Waiting waiting) {
  held_bytes_ += waiting.frame.size();
  Waiting& row = waiting_.emplace(key, std::move(waiting)).first->second;
  limit(key, row, parts_.call_timeout);
  if (line_ == Line::up) return parts_.to_server(row.frame);
  limit_outage(key, row);
  if (line_ == Line::down) redial();
}

void Bridge::limit(const std::string& key, Waiting& waiting, Millis time) {
  waiting.overdue = parts_.loop.after(time, [this, key, time] {
    const auto found = waiting_.find(key);
    if (found == waiting_.end()) return;
    const Error late =
        make_error(ErrorKind::timeout, "the daemon did not answer within " + format_duration(time),
                   "see its log, or raise timeouts.workflow");
    if (line_ == Line::up) parts_.to_server(dump_json({{"op", "cancel"}, {"request_id", key}}));
    settle(key, mcp::rpc_error(found->second.id, mcp::to_rpc(late)));
  });
}

void Bridge::limit_outage(const std::string& key, Waiting& waiting) {
  // What runs at the server may still be fetched until the server gives it up; the rest ends sooner.
  const Millis time =
      waiting.acked ? std::max(server_grace_, parts_.connect_timeout) : parts_.connect_timeout;
  waiting.outage = parts_.loop.after(time, [this, key] {
    const auto found = waiting_.find(key);
    if (found != waiting_.end()) settle(key, mcp::rpc_error(found->second.id, mcp::to_rpc(unreachable())));
  });
}

void Bridge::redial() {
  line_ = Line::dialling;
  line_timer_ = parts_.loop.after(parts_.handshake_timeout, [this] {
    lost(make_error(ErrorKind::timeout,
                    "did not answer the hello within " + format_duration(parts_.handshake_timeout)));
  });
  parts_.dial();
}

void Bridge::connected() {
  if (line_ != Line::dialling) return;
  line_ = Line::greeting;
  const Json hello = {{"op", "hello"},
                      {"session_id", session_.empty() ? parts_.client : session_},
                      {"resume", true},
                      {"client", parts_.client},
                      {"token", parts_.token.reveal()}};
  parts_.to_server(dump_json(hello));
}

void Bridge::lost(const Error& why) {
  if (line_ == Line::down || line_ == Line::pausing) return;
  why_ = why.message;
  line_timer_.reset();
  line_ = Line::down;
  if (waiting_.empty()) return;
  for (auto& [key, waiting] : waiting_)
    if (!waiting.outage) limit_outage(key, waiting);
  line_ = Line::pausing;
  line_timer_ = parts_.loop.after(reconnect_delay(failures_++, parts_.chance()), [this] {
    line_ = Line::down;
    if (!waiting_.empty()) redial();
  });
}

bool Bridge::leave() {
  if (line_ == Line::up) parts_.to_server(R"({"op":"bye"})");
  return line_ == Line::up;
}

void Bridge::settle(const std::string& key, const std::string& message) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  held_bytes_ -= found->second.frame.size();
  waiting_.erase(found);
  parts_.to_client(message);
  if (waiting_.empty() && on_idle_) on_idle_();
}

void Bridge::fail_all(const Error& error) {
  held_bytes_ = 0;
  for (const auto& [key, waiting] : std::exchange(waiting_, {}))
    parts_.to_client(mcp::rpc_error(waiting.id, mcp::to_rpc(error)));
  if (on_idle_) on_idle_();
}

void Bridge::from_server(std::string_view text) {
  Result<Json> frame = parse_json(text);
  if (!frame || !frame->is_object()) return;
  const std::string op = text_of(*frame, "op"), key = text_of(*frame, "request_id");
  if (op == "hello_ack") return hello_answer(*frame);
  if (op == "call_tool_ack") return ack(key, *frame);
  if (op == "progress") return progress(key, *frame);
  if (op == "call_tool_res") return result(key, *frame);
  if (op == "list_tools_res") return tools(key, *frame);
  if (op == "error") return refused(key, *frame);
}

void Bridge::hello_answer(const Json& frame) {
  if (line_ != Line::greeting) return;
  line_timer_.reset();
  if (!frame.value("ok", false)) {
    // Dialling again would be refused again.
    line_ = Line::down;
    return fail_all(make_error(
        ErrorKind::refused, "the daemon at " + parts_.url + " refused the hello: " + text_of(frame, "error"),
        "set EXAI_WS_TOKEN to the daemon's token"));
  }
  line_ = Line::up;
  failures_ = 0;
  why_.clear();
  session_ = text_of(frame, "session_id");
  server_grace_ = seconds_at(frame, "resume_grace");
  ask_again(frame.value("resumed", false));
}

void Bridge::ask_again(bool resumed) {
  std::vector<std::string> keys;
  for (const auto& [key, waiting] : waiting_) keys.push_back(key);
  for (const std::string& key : keys) {
    const auto found = waiting_.find(key);
    if (found == waiting_.end()) continue;
    Waiting& waiting = found->second;
    waiting.outage.reset();
    if (!waiting.acked || resumed) {
      parts_.to_server(waiting.frame);
      continue;
    }
    // It had begun in a session that is gone: to ask again would be to run it again.
    const Error error =
        make_error(ErrorKind::unreachable,
                   "the connection to the daemon at " + parts_.url + " was lost while " + waiting.what +
                       " ran there, and the daemon knows nothing of it any more; it was not run again",
                   "see the daemon's log for whether it finished, then call again");
    settle(key, mcp::rpc_error(waiting.id, mcp::to_rpc(error)));
  }
}

void Bridge::ack(const std::string& key, const Json& frame) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  found->second.acked = true;
  const Millis time = seconds_at(frame, "timeout");
  if (time.count() > 0) limit(key, found->second, time + parts_.ack_grace);
}

void Bridge::progress(const std::string& key, const Json& frame) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end() || found->second.progress_token.empty()) return;
  Waiting& waiting = found->second;
  engine::Progress report{text_of(frame, "text"), text_of(frame, "message")};
  // A message is followed by a bare frame for clients of the old kind; other bare frames say that the call
  // lives, which keeps a client's own timeout away.
  const bool bare = report.text.empty() && report.message.empty();
  if (bare && std::exchange(waiting.bare_follows, false)) return;
  if (!report.message.empty()) waiting.bare_follows = true;
  if (bare) report.message = waiting.what + " is running";
  if (bare && frame.contains("note")) report.message = text_of(frame, "note");
  parts_.to_client(mcp::rpc_notification(
      "notifications/progress", mcp::progress_params(waiting.progress_token, ++waiting.progress, report)));
}

void Bridge::result(const std::string& key, Json& frame) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  const mcp::RpcId id = found->second.id;
  if (const auto error = frame.find("error"); error != frame.end() && error->is_object())
    return settle(key, failed(id, frame, *error));
  Json result = {{"content", frame.contains("outputs") ? std::move(frame["outputs"]) : Json::array()},
                 {"isError", false}};
  if (frame.contains("structured")) result["structuredContent"] = std::move(frame["structured"]);
  settle(key, mcp::rpc_result(id, dump_json(result)));
}

void Bridge::refused(const std::string& key, const Json& frame) {
  const auto error = frame.find("error");
  if (error == frame.end() || !error->is_object()) return;
  // No room for us now: later there may be.
  if (line_ == Line::greeting)
    return lost(make_error(ErrorKind::busy, "refused us: " + text_of(*error, "message")));
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  settle(key, failed(found->second.id, Json::object(), *error));
}

void Bridge::tools(const std::string& key, Json& frame) {
  auto found = waiting_.find(key);
  if (key.empty())  // a server that does not echo the id answers in order
    found = std::find_if(waiting_.begin(), waiting_.end(), [](const auto& row) { return row.second.list; });
  if (found == waiting_.end() || !found->second.list) return;
  const Json result = {{"tools", frame.contains("tools") ? std::move(frame["tools"]) : Json::array()}};
  settle(std::string(found->first), mcp::rpc_result(found->second.id, dump_json(result)));
}

}  // namespace exai::serve::exai_ws
