#include "serve/daemon/bridge.hpp"

#include "serve/protocol/errors.hpp"

namespace exai::serve {
namespace {
namespace bridging {

constexpr std::size_t k_most_waiting = 1024;

std::string text_at(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string rpc_failure(const RpcId& id, int code, std::string message, Json data = nullptr) {
  RpcError error;
  error.code = code;
  error.message = std::move(message);
  error.data = std::move(data);
  return rpc_error(id, error);
}

/// A failed call_tool_res as an MCP answer: refusals are errors of the protocol, failures of the tool are
/// results.
std::string failed(const RpcId& id, const Json& frame, const Json& error) {
  const std::string code = text_at(error, "code"), message = text_at(error, "message");
  Json facts = {{"code", code}, {"message", message}};
  if (error.contains("details")) facts["details"] = error["details"];
  if (code == "TOOL_NOT_FOUND" || code == "VALIDATION_ERROR")
    return rpc_failure(id, k_invalid_params, message, facts);
  if (code == "OVER_CAPACITY") {
    facts["kind"] = "busy";
    if (error.contains("details") && error["details"].contains("retry_after"))
      facts["retry_after"] = error["details"]["retry_after"];
    return rpc_failure(id, rpc_code(ErrorKind::busy), message, facts);
  }
  Json result = {{"content", Json::array({{{"type", "text"}, {"text", message}}})}, {"isError", true}};
  if (frame.contains("outputs")) result["content"] = frame["outputs"];
  result["structuredContent"] = {{"error", std::move(facts)}};
  return rpc_result(id, dump_json(result));
}

}  // namespace bridging
}  // namespace

Error Bridge::unreachable(const std::string& why) const {
  return make_error(ErrorKind::unreachable, "the daemon at " + parts_.url + " " + why,
                    "start it with `exai serve`, or name another one with --connect");
}

void Bridge::from_client(std::string_view line) {
  auto message = read_message(line);
  if (!message) return parts_.to_client(rpc_error(message.error().id, message.error().error));
  if (message->kind == RpcMessage::Kind::request) return request(std::move(*message));
  if (message->kind == RpcMessage::Kind::notification && message->method == "notifications/cancelled")
    cancel(message->params);
}

void Bridge::client_too_long() {
  parts_.to_client(
      bridging::rpc_failure({}, k_invalid_request, "the message is larger than limits.body allows"));
}

void Bridge::request(RpcMessage message) {
  if (message.method == "ping") return parts_.to_client(rpc_result(message.id, "{}"));
  if (message.method == "initialize") {
    const std::string_view version = negotiate_version(
        message.params.is_object() ? bridging::text_at(message.params, "protocolVersion") : "");
    return parts_.to_client(rpc_result(message.id, initialize_result(parts_.identity, version)));
  }
  const bool call = message.method == "tools/call";
  if (!call && message.method != "tools/list")
    return parts_.to_client(bridging::rpc_failure(message.id, k_method_not_found,
                                                  "method not found: " + message.method.substr(0, 128)));
  if (waiting_.size() >= bridging::k_most_waiting)
    return parts_.to_client(
        rpc_error(message.id, to_rpc(make_error(ErrorKind::busy, "too many requests are waiting"))));
  if (call) return call_tool(std::move(message));
  list_tools(message.id);
}

void Bridge::list_tools(const RpcId& id) {
  const std::string key = "list:" + std::to_string(next_++);
  expect(key, id, {});
  lists_.push_back(key);
  send(R"({"op":"list_tools"})");
}

void Bridge::call_tool(RpcMessage message) {
  if (!message.params.is_object() || bridging::text_at(message.params, "name").empty())
    return parts_.to_client(
        bridging::rpc_failure(message.id, k_invalid_params, "tools/call needs params.name (a string)"));
  std::string token;
  if (const auto meta = message.params.find("_meta");
      meta != message.params.end() && meta->is_object() && meta->contains("progressToken"))
    token = rpc_id((*meta)["progressToken"]);
  const std::string key = "call:" + std::to_string(next_++);
  Json frame = {{"op", "call_tool"},
                {"request_id", key},
                {"name", message.params["name"]},
                {"arguments", Json::object()}};
  if (message.params.contains("arguments")) frame["arguments"] = std::move(message.params["arguments"]);
  expect(key, std::move(message.id), std::move(token));
  send(dump_json(frame));
}

void Bridge::cancel(const Json& params) {
  const RpcId id = params.is_object() && params.contains("requestId") ? rpc_id(params["requestId"]) : RpcId();
  for (auto& [key, waiting] : waiting_) {
    if (waiting.id != id || id.empty()) continue;
    if (line_ == Line::up) send(dump_json({{"op", "cancel"}, {"request_id", key}}));
    waiting_.erase(key);
    break;
  }
  if (waiting_.empty() && on_idle_) on_idle_();
}

void Bridge::expect(const std::string& key, RpcId id, std::string token) {
  Waiting waiting{std::move(id), std::move(token), 0, nullptr};
  waiting.timer = parts_.loop.after(parts_.call_timeout, [this, key] {
    const auto found = waiting_.find(key);
    if (found == waiting_.end()) return;
    const Error late = make_error(ErrorKind::timeout,
                                  "the daemon did not answer within " + format_duration(parts_.call_timeout),
                                  "see its log, or raise timeouts.workflow");
    if (line_ == Line::up) send(dump_json({{"op", "cancel"}, {"request_id", key}}));
    settle(key, rpc_error(found->second.id, to_rpc(late)));
  });
  waiting_.emplace(key, std::move(waiting));
}

void Bridge::send(std::string frame) {
  if (line_ == Line::up) return parts_.to_daemon(std::move(frame));
  unsent_.push_back(std::move(frame));
  if (line_ != Line::down) return;
  line_ = Line::dialling;
  hello_timer_ = parts_.loop.after(parts_.connect_timeout, [this] {
    lost(make_error(ErrorKind::timeout,
                    "did not answer the hello within " + format_duration(parts_.connect_timeout)));
  });
  parts_.dial();
}

void Bridge::connected() {
  if (line_ != Line::dialling) return;
  line_ = Line::greeting;
  Json hello = {{"op", "hello"}, {"session_id", "shim"}, {"token", parts_.token.reveal()}};
  parts_.to_daemon(dump_json(hello));
}

void Bridge::lost(const Error& why) {
  if (line_ == Line::down) return;
  line_ = Line::down;
  hello_timer_.reset();
  unsent_.clear();
  lists_.clear();
  const Error error = why.kind == ErrorKind::refused ? why : unreachable(why.message);
  for (const auto& [key, waiting] : std::exchange(waiting_, {}))
    parts_.to_client(rpc_error(waiting.id, to_rpc(error)));
  if (on_idle_) on_idle_();
}

void Bridge::settle(const std::string& key, const std::string& message) {
  if (waiting_.erase(key) == 0) return;
  parts_.to_client(message);
  if (waiting_.empty() && on_idle_) on_idle_();
}

void Bridge::from_daemon(std::string_view text) {
  Result<Json> frame = parse_json(text);
  if (!frame || !frame->is_object()) return;
  const std::string op = bridging::text_at(*frame, "op"), key = bridging::text_at(*frame, "request_id");
  if (op == "hello_ack") return hello_answer(*frame);
  if (op == "progress") return progress(key, *frame);
  if (op == "call_tool_res") return result(key, *frame);
  if (op == "list_tools_res") return tools(*frame);
}

void Bridge::hello_answer(const Json& frame) {
  if (line_ != Line::greeting) return;
  if (!frame.value("ok", false)) {
    return lost(
        make_error(ErrorKind::refused,
                   "the daemon at " + parts_.url + " refused the hello: " + bridging::text_at(frame, "error"),
                   "set EXAI_WS_TOKEN to the daemon's token"));
  }
  line_ = Line::up;
  hello_timer_.reset();
  for (std::string& waiting : std::exchange(unsent_, {})) parts_.to_daemon(std::move(waiting));
}

void Bridge::progress(const std::string& key, const Json& frame) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end() || found->second.progress_token.empty()) return;
  const Progress said{bridging::text_at(frame, "text"), bridging::text_at(frame, "message")};
  if (said.text.empty() && said.message.empty()) return;
  Waiting& waiting = found->second;
  parts_.to_client(rpc_notification("notifications/progress",
                                    progress_params(waiting.progress_token, ++waiting.progress, said)));
}

void Bridge::result(const std::string& key, Json& frame) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  const RpcId id = found->second.id;
  if (const auto error = frame.find("error"); error != frame.end() && error->is_object())
    return settle(key, bridging::failed(id, frame, *error));
  Json result = {{"content", frame.contains("outputs") ? std::move(frame["outputs"]) : Json::array()},
                 {"isError", false}};
  if (frame.contains("structured")) result["structuredContent"] = std::move(frame["structured"]);
  settle(key, rpc_result(id, dump_json(result)));
}

void Bridge::tools(Json& frame) {
  if (lists_.empty()) return;
  const std::string key = lists_.front();
  lists_.pop_front();
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  const Json result = {{"tools", frame.contains("tools") ? std::move(frame["tools"]) : Json::array()}};
  settle(key, rpc_result(found->second.id, dump_json(result)));
}

}  // namespace exai::serve
