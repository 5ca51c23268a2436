#include "checks/measure/probe_mcp.hpp"

#include "core/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::checks {
namespace {

/// A server's own words about why it cannot be spoken to are a failure; silence is not an answer.
CheckResult not_connected(const Error& error) {
  return error.kind == ErrorKind::refused || error.kind == ErrorKind::invalid ||
                 error.kind == ErrorKind::usage
             ? check_fail(error.message, error.hint)
             : check_unknown(error);
}

CheckResult failed_at(std::string_view step, const Error& error) {
  if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout ||
      error.kind == ErrorKind::cancelled)
    return check_unknown(Error(error).during(step));
  return check_fail(fmt::format("{}: {}", step, error.message), error.hint);
}

/// The number of tools; 0 without asking for a server that declares other things but no tools.
Result<std::size_t> count_tools(mcp::client::McpClient& client, const ProbeLimits& limits) {
  const auto& declared = client.server().capabilities;
  const bool without =
      !declared.empty() && std::find(declared.begin(), declared.end(), "tools") == declared.end();
  if (without) return std::size_t{0};
  return client.list(mcp::client::McpList::tools, limits.deadline, limits.stop).map([](const Json& tools) {
    return tools.size();
  });
}

CheckResult ask_mcp(const mcp::client::McpTarget& target, const ProbeLimits& limits) {
  const Steady began = limits.clock.steady();
  const auto client = mcp::client::McpClient::connect(target, {}, limits.deadline, limits.stop);
  if (!client) return not_connected(client.error());
  const Steady connected = limits.clock.steady();
  if (const auto pong = (*client)->ping(limits.deadline); !pong) return failed_at("ping", pong.error());
  const auto round_trip = std::chrono::duration_cast<Millis>(limits.clock.steady() - connected);
  const auto tools = count_tools(**client, limits);
  if (!tools) return failed_at("tools/list", tools.error());
  const mcp::client::McpServerInfo& server = (*client)->server();
  const auto& declared = server.capabilities;
  if (*tools == 0 &&
      (declared.empty() || std::find(declared.begin(), declared.end(), "tools") != declared.end()))
    return check_fail("the server offers no tool", "exai tool list");
  const auto time = std::chrono::duration_cast<Millis>(limits.clock.steady() - began);
  CheckResult result = check_pass(fmt::format(
      "{} {} speaks {} over {}, {} tools, {}", printable(server.name), printable(server.version),
      printable(server.protocol), mcp::client::to_string(server.transport), *tools, format_duration(time)));
  result.facts.push_back({"tools", fmt::format("{}", *tools), static_cast<double>(*tools), "", {}, {}});
  const auto text_fact = [&](const char* name, std::string text) {
    Fact& fact = result.facts.emplace_back();
    fact.name = name;
    fact.text = std::move(text);
  };
  text_fact("transport", std::string(mcp::client::to_string(server.transport)));
  text_fact("era", std::string(mcp::client::to_string(server.era)));
  text_fact("version", printable(server.protocol));
  text_fact("capabilities", join(declared, ","));
  result.facts.push_back(
      {"round_trip", format_duration(round_trip), static_cast<double>(round_trip.count()), "ms", {}, {}});
  judge_time(result, time, limits);
  return result;
}

}  // namespace

CheckResult probe_mcp(const mcp::client::McpTarget& target, const ProbeLimits& limits) {
  CheckResult result = ask_mcp(target, limits);
  result.id = "probe.mcp";
  result.title = target.command.empty() ? target.url : join(target.command, " ");
  return result;
}

}  // namespace exai::checks
