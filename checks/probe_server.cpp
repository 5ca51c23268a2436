// Probes that speak a protocol of ours: the daemon's hello, and MCP.
#include "checks/probes.hpp"
#include "core/check.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "io/websocket.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::checks {
namespace server_probe {

CheckResult hello(const std::string& url, const Secret& token, const ProbeLimits& limits) {
  const Steady began = system_clock().steady();
  auto socket = io::WebSocket::connect(url, {}, limits.deadline);
  if (!socket) return check_unknown(socket.error());
  const std::string frame =
      fmt::format(R"({{"op":"hello","session_id":"exai-probe","token":{}}})", quote_json(token.reveal()));
  if (const auto sent = socket->send(frame, limits.deadline); !sent) return check_unknown(sent.error());
  const auto answer = socket->receive(limits.deadline);
  if (!answer) return check_unknown(answer.error());
  if (json_at(*answer, "ok").value_or("") != "true") {
    const std::string why = json_at(*answer, "error").value_or("no hello_ack");
    return check_fail(fmt::format("the daemon refused the hello: {}", printable(why)),
                      why == "unauthorized" ? "is EXAI_WS_TOKEN the daemon's?" : "exai log errors");
  }
  socket->close();
  const auto time = std::chrono::duration_cast<Millis>(system_clock().steady() - began);
  CheckResult result = check_pass(fmt::format("hello_ack in {}", format_duration(time)));
  result.facts.push_back({"time", format_duration(time), static_cast<double>(time.count()), "ms", {}, {}});
  return result;
}

CheckResult mcp(const io::McpTarget& target, const ProbeLimits& limits) {
  const Steady began = system_clock().steady();
  const auto client = io::McpClient::connect(target, {}, limits.deadline);
  if (!client)
    return client.error().kind == ErrorKind::refused || client.error().kind == ErrorKind::invalid
               ? check_fail(client.error().message, client.error().hint)
               : check_unknown(client.error());
  if (const auto pong = (*client)->ping(limits.deadline); !pong)
    return check_fail(fmt::format("ping: {}", pong.error().message), pong.error().hint);
  const auto tools = (*client)->list_tools(limits.deadline);
  if (!tools) return check_fail(fmt::format("tools/list: {}", tools.error().message), tools.error().hint);
  const auto time = std::chrono::duration_cast<Millis>(system_clock().steady() - began);
  const io::McpServerInfo& server = (*client)->server();
  if (tools->empty()) return check_fail("the server offers no tool", "exai tool list");
  CheckResult result = check_pass(fmt::format("{} {} speaks {}, {} tools, {}", printable(server.name),
                                              printable(server.version), printable(server.protocol),
                                              tools->size(), format_duration(time)));
  result.facts.push_back(
      {"tools", fmt::format("{}", tools->size()), static_cast<double>(tools->size()), "", {}, {}});
  result.facts.push_back({"time", format_duration(time), static_cast<double>(time.count()), "ms", {}, {}});
  return result;
}

}  // namespace server_probe

CheckResult probe_ws(const std::string& url, const Secret& token, const ProbeLimits& limits) {
  CheckResult result = server_probe::hello(url, token, limits);
  result.id = "probe.ws";
  result.title = url;
  return result;
}

CheckResult probe_mcp(const io::McpTarget& target, const ProbeLimits& limits) {
  CheckResult result = server_probe::mcp(target, limits);
  result.id = "probe.mcp";
  result.title = target.command.empty() ? target.url : join(target.command, " ");
  return result;
}

}  // namespace exai::checks
