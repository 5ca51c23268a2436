#include "io/mcp_client_parts.hpp"
#include "io/process.hpp"

#include <fmt/core.h>

namespace exai::io::mcp {
namespace stdio_child {
namespace {

class Client final : public McpClient {
 public:
  Client(Child child, McpObserver observer) : child_(std::move(child)), observer_(std::move(observer)) {}
  /// The way MCP ends a server over stdio: close its input, give it a moment, then signals (in Child).
  ~Client() override {
    child_.close_stdin();
    (void)child_.wait(Deadline::after(Millis{2000}));
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<void> initialize(Deadline deadline);
  [[nodiscard]] const McpServerInfo& server() const override { return info_; }
  Result<Json> list_tools(Deadline deadline) override {
    return all_tools([&](Json params) { return ask("tools/list", std::move(params), deadline, {}); });
  }
  Result<Json> call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                         std::stop_token stop) override;
  Result<void> ping(Deadline deadline) override {
    return ask("ping", nullptr, deadline, {}).map([](const Json&) {});
  }

 private:
  Result<void> send(const std::string& text, Deadline deadline) {
    if (observer_.on_frame) observer_.on_frame('>', text);
    return child_.write_line(text, deadline);
  }
  Result<Json> ask(std::string_view method, Json params, Deadline deadline, const std::stop_token& stop) {
    const long long id = next_id_++;
    return exchange(id, request_text(id, method, std::move(params)), deadline, stop);
  }
  Result<Json> exchange(long long id, const std::string& body, Deadline deadline,
                        const std::stop_token& stop);

  Child child_;
  McpObserver observer_;
  McpServerInfo info_;
  long long next_id_ = 1;
};

Result<Json> Client::exchange(long long id, const std::string& body, Deadline deadline,
                              const std::stop_token& stop) {
  if (auto sent = send(body, deadline); !sent) return fail(sent.error());
  for (;;) {
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "the call was cancelled");
    const Result<std::string> line = child_.read_line(slice(deadline, stop));
    if (!line) {
      if (line.error().kind == ErrorKind::timeout && !deadline.passed()) continue;
      return fail(line.error());
    }
    if (line->empty()) continue;
    if (observer_.on_frame) observer_.on_frame('<', *line);
    const Result<Json> message = read_object(*line);
    if (!message) return message;
    if (answers(*message, id)) return result_of(*message);
    observe(*message, observer_);
    if (const std::string answer = answer_to(*message); !answer.empty())
      if (auto sent = send(answer, deadline); !sent) return fail(sent.error());
  }
}

Result<void> Client::initialize(Deadline deadline) {
  const Result<Json> result = ask("initialize", initialize_params(), deadline, {});
  if (!result) return fail(result.error());
  info_ = read_server_info(*result);
  if (info_.protocol.empty())
    return fail(ErrorKind::invalid, "the program is no MCP server: no protocolVersion");
  return send(notification_text("notifications/initialized", nullptr), deadline);
}

Result<Json> Client::call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                               std::stop_token stop) {
  const long long id = next_id_++;
  Result<Json> result = exchange(
      id, request_text(id, "tools/call", call_params(name, arguments, id, observer_)), deadline, stop);
  if (!result && (result.error().kind == ErrorKind::cancelled || result.error().kind == ErrorKind::timeout))
    (void)send(
        notification_text("notifications/cancelled",
                          {{"requestId", id}, {"reason", std::string(to_string(result.error().kind))}}),
        Deadline::after(Millis{1000}));
  return result;
}

}  // namespace
}  // namespace stdio_child

Result<std::unique_ptr<McpClient>> connect_stdio(const McpTarget& target, McpObserver observer,
                                                 Deadline deadline) {
  Result<Child> child = Child::start(target.command);
  if (!child) return fail(child.error());
  auto client = std::make_unique<stdio_child::Client>(std::move(*child), std::move(observer));
  if (auto ready = client->initialize(deadline); !ready)
    return fail(std::move(ready.error()).during("starting " + target.command[0]));
  return client;
}

}  // namespace exai::io::mcp
