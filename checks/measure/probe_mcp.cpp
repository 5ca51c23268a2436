// Probes that speak a protocol of ours: the daemon's hello, and MCP.
#include "checks/measure/probe.hpp"
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
  judge_time(result, time, limits);
  return result;
}

/// A server's own words about why it cannot be spoken to are a failure; silence is no answer.
CheckResult not_connected(const Error& error) {
  return error.kind == ErrorKind::refused || error.kind == ErrorKind::invalid ||
                 error.kind == ErrorKind::usage
             ? check_fail(error.message, error.hint)
             : check_unknown(error);
}

CheckResult failed(std::string_view step, const Error& error) {
  if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout ||
      error.kind == ErrorKind::cancelled)
    return check_unknown(Error(error).during(step));
  return check_fail(fmt::format("{}: {}", step, error.message), error.hint);
}

/// The number of tools; 0 without asking for a server that declares other things but no tools.
Result<std::size_t> count_tools(io::McpClient& client, const ProbeLimits& limits) {
  const auto& declared = client.server().capabilities;
  const bool without =
      !declared.empty() && std::find(declared.begin(), declared.end(), "tools") == declared.end();
  if (without) return std::size_t{0};
  return client.list(io::McpList::tools, limits.deadline, limits.stop).map([](const Json& tools) {
    return tools.size();
  });
}

CheckResult mcp(const io::McpTarget& target, const ProbeLimits& limits) {
  const Steady began = system_clock().steady();
  const auto client = io::McpClient::connect(target, {}, limits.deadline, limits.stop);
  if (!client) return not_connected(client.error());
  const Steady connected = system_clock().steady();
  if (const auto pong = (*client)->ping(limits.deadline); !pong) return failed("ping", pong.error());
  const auto round_trip = std::chrono::duration_cast<Millis>(system_clock().steady() - connected);
  const auto tools = count_tools(**client, limits);
  if (!tools) return failed("tools/list", tools.error());
  const io::McpServerInfo& server = (*client)->server();
  const auto& declared = server.capabilities;
  if (*tools == 0 &&
      (declared.empty() || std::find(declared.begin(), declared.end(), "tools") != declared.end()))
    return check_fail("the server offers no tool", "exai tool list");
  const auto time = std::chrono::duration_cast<Millis>(system_clock().steady() - began);
  CheckResult result = check_pass(fmt::format(
      "{} {} speaks {} over {}, {} tools, {}", printable(server.name), printable(server.version),
      printable(server.protocol), io::to_string(server.transport), *tools, format_duration(time)));
  result.facts.push_back({"tools", fmt::format("{}", *tools), static_cast<double>(*tools), "", {}, {}});
  const auto text_fact = [&](const char* name, std::string text) {
    Fact& fact = result.facts.emplace_back();
    fact.name = name;
    fact.text = std::move(text);
  };
  text_fact("transport", std::string(io::to_string(server.transport)));
  text_fact("era", std::string(io::to_string(server.era)));
  text_fact("version", printable(server.protocol));
  text_fact("capabilities", join(declared, ","));
  result.facts.push_back(
      {"round_trip", format_duration(round_trip), static_cast<double>(round_trip.count()), "ms", {}, {}});
  judge_time(result, time, limits);
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
