#include "core/text.hpp"
#include "io/random.hpp"
#include "io/websocket.hpp"
#include "mcp/client/parts.hpp"

#include <fmt/core.h>

namespace exai::mcp::client {
namespace {

// The frames are those of exai_ws.
class Client final : public McpClient {
 public:
  Client(io::WebSocket socket, McpObserver observer)
      : socket_(std::move(socket)), observer_(std::move(observer)) {
    info_.name = "exai daemon";
    info_.protocol = "exai-daemon";
    info_.transport = McpTransport::exai_ws;
    info_.capabilities = {"tools"};
  }
  ~Client() override { socket_.close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<void> hello(const Secret& token, Deadline deadline);
  [[nodiscard]] const McpServerInfo& server() const override { return info_; }
  Result<Json> list(McpList what, Deadline deadline, std::stop_token stop) override;
  Result<Json> call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                         std::stop_token stop) override;
  Result<Json> get_prompt(const std::string& name, const Json& arguments, Deadline deadline,
                          std::stop_token stop) override;
  Result<Json> read_resource(const std::string& uri, Deadline deadline, std::stop_token stop) override;
  Result<void> ping(Deadline deadline) override { return socket_.ping(deadline); }

 private:
  Result<void> send(const Json& frame, Deadline deadline) {
    const std::string text = dump_json(frame);
    if (observer_.on_frame) observer_.on_frame('>', text);
    return socket_.send(text, deadline);
  }
  Result<Json> receive(Deadline deadline) {
    const Result<std::string> text = socket_.receive(deadline);
    if (!text) return fail(text.error());
    if (observer_.on_frame) observer_.on_frame('<', *text);
    return read_object(*text);
  }
  /// The first frame of that op; an error frame is an error.
  Result<Json> receive_op(std::string_view op, Deadline deadline);
  Result<Json> wait_for_result(const std::string& request_id, Deadline deadline, const std::stop_token& stop);
  void observe_progress(const Json& frame) const;

  io::WebSocket socket_;
  McpObserver observer_;
  McpServerInfo info_;
};

tl::unexpected<Error> tools_only(std::string_view what) {
  return fail(ErrorKind::not_found, fmt::format("the daemon has no {}, only tools", what),
              "the MCP address of the same server has them");
}

Error error_of(const Json& problem) {
  Error error = problem.is_string() ? make_error(ErrorKind::refused, printable(problem.get<std::string>()))
                                    : make_error(kind_of_word(text_of(problem, "code")),
                                                 printable(text_of(problem, "message")));
  refine(error, member_of(problem, "details"));
  return error;
}

/// outputs and error together are a failure of the tool itself, which a model should see.
Result<Json> tool_result(const Json& frame) {
  const Json& outputs = member_of(frame, "outputs");
  const Json& problem = member_of(frame, "error");
  if (!outputs.is_array()) {
    if (problem.is_null())
      return fail(ErrorKind::invalid, "the daemon's result has neither outputs nor error");
    return fail(error_of(problem));
  }
  Json result{{"content", outputs}, {"isError", !problem.is_null()}};
  if (const Json& structured = member_of(frame, "structured"); structured.is_object())
    result["structuredContent"] = structured;
  if (!problem.is_null()) result["structuredContent"] = problem;
  return result;
}

Result<Json> Client::receive_op(std::string_view op, Deadline deadline) {
  for (;;) {
    Result<Json> frame = receive(deadline);
    if (!frame) return frame;
    const std::string got = text_of(*frame, "op");
    if (got == op) return frame;
    if (got == "error") return fail(error_of(member_of(*frame, "error")));
  }
}

Result<void> Client::hello(const Secret& token, Deadline deadline) {
  Json frame{{"op", "hello"}, {"session_id", io::random_uuid()}};
  if (observer_.on_frame) observer_.on_frame('>', dump_json(frame));  // without the token
  frame["token"] = token.reveal();
  if (auto sent = socket_.send(dump_json(frame), deadline); !sent) return sent;
  const Result<Json> answer = receive_op("hello_ack", deadline);
  if (!answer) return fail(answer.error());
  if (member_of(*answer, "ok") != true)
    return fail(ErrorKind::refused, "the daemon refused the hello: " + printable(text_of(*answer, "error")),
                token.empty() ? "set EXAI_WS_TOKEN to the daemon's token" : "check EXAI_WS_TOKEN");
  if (std::string name = text_of(*answer, "server"); !name.empty()) info_.name = std::move(name);
  info_.version = text_of(*answer, "version");
  return {};
}

Result<Json> Client::list(McpList what, Deadline deadline, std::stop_token /*stop*/) {
  if (what == McpList::prompts) return tools_only("prompts");
  if (what != McpList::tools) return tools_only("resources");
  if (auto sent = send({{"op", "list_tools"}}, deadline); !sent) return fail(sent.error());
  const Result<Json> answer = receive_op("list_tools_res", deadline);
  if (!answer) return answer;
  if (!member_of(*answer, "tools").is_array())
    return fail(ErrorKind::invalid, "the daemon's list has no 'tools'");
  return (*answer)["tools"];
}

void Client::observe_progress(const Json& frame) const {
  if (const std::string part = text_of(frame, "text"); !part.empty() && observer_.on_text)
    observer_.on_text(part);
  if (const std::string line = text_of(frame, "message"); !line.empty() && observer_.on_progress)
    observer_.on_progress(line);
}

Result<Json> Client::wait_for_result(const std::string& request_id, Deadline deadline,
                                     const std::stop_token& stop) {
  for (;;) {
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "the call was cancelled");
    const Result<Json> frame = receive(Wait{deadline, stop}.slice());
    if (!frame) {
      if (frame.error().kind == ErrorKind::timeout && !deadline.passed()) continue;
      return frame;
    }
    const std::string op = text_of(*frame, "op");
    const std::string id = text_of(*frame, "request_id");
    if (op == "error" && (id.empty() || id == request_id)) return fail(error_of(member_of(*frame, "error")));
    if (id != request_id) continue;
    if (op == "call_tool_res") return tool_result(*frame);
    if (op == "progress") observe_progress(*frame);
  }
}

Result<Json> Client::call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                               std::stop_token stop) {
  const std::string request_id = io::random_uuid();
  Json frame{{"op", "call_tool"}, {"request_id", request_id}, {"name", name}};
  frame["arguments"] = arguments.is_null() ? Json::object() : arguments;
  if (auto sent = send(frame, deadline); !sent) return fail(sent.error());
  Result<Json> result = wait_for_result(request_id, deadline, stop);
  if (!result && (result.error().kind == ErrorKind::cancelled || result.error().kind == ErrorKind::timeout))
    (void)send({{"op", "cancel"}, {"request_id", request_id}}, Deadline::after(Millis{1000}));
  return result;
}

Result<Json> Client::get_prompt(const std::string& /*name*/, const Json& /*arguments*/, Deadline /*deadline*/,
                                std::stop_token /*stop*/) {
  return tools_only("prompts");
}

Result<Json> Client::read_resource(const std::string& /*uri*/, Deadline /*deadline*/,
                                   std::stop_token /*stop*/) {
  return tools_only("resources");
}

}  // namespace

Result<std::unique_ptr<McpClient>> connect_exai_ws(io::WebSocket socket, const McpTarget& target,
                                                   McpObserver observer, Deadline deadline) {
  auto client = std::make_unique<Client>(std::move(socket), std::move(observer));
  if (auto ready = client->hello(target.exai_ws_token, deadline); !ready) return fail(ready.error());
  return client;
}

}  // namespace exai::mcp::client
