#include "checks/probes.hpp"
#include "core/check.hpp"
#include "io/process.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace port_probe {

CheckResult judge(const std::string& host, const std::string& port, bool expect_free,
                  const ProbeLimits& limits) {
  const auto time = io::tcp_connect(host, port, limits.deadline);
  if (!time && time.error().kind != ErrorKind::unreachable) return check_unknown(time.error());
  if (time.has_value() != expect_free)
    return time ? check_pass(fmt::format("accepts connections, {}", format_duration(*time)))
                : check_pass("free");
  if (!time)
    return check_fail(fmt::format("nothing listens there: {}", time.error().message),
                      "is the server started, and bound to that address?");
  std::string owner;
  for (const long pid : io::listeners(static_cast<std::uint16_t>(std::strtoul(port.c_str(), nullptr, 10)))) {
    const auto facts = io::process_facts(pid);
    owner += fmt::format("{}pid {}{}", owner.empty() ? "" : ", ", pid, facts ? " " + facts->executable : "");
  }
  return check_fail(fmt::format("in use{}", owner.empty() ? "" : " by " + owner),
                    "stop that process, or choose another port");
}

}  // namespace port_probe

CheckResult probe_port(const std::string& target, bool expect_free, const ProbeLimits& limits) {
  const auto colon = target.rfind(':');
  const std::string host = colon == std::string::npos ? "127.0.0.1" : target.substr(0, colon);
  const std::string port = colon == std::string::npos ? target : target.substr(colon + 1);
  const bool number = !port.empty() && port.size() <= 5 &&
                      std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  CheckResult result =
      number ? port_probe::judge(host, port, expect_free, limits)
             : check_fail(fmt::format("\"{}\" is no port", target), "write 8079 or host:8079", Cause::config);
  result.id = "probe.port";
  result.title = fmt::format("{}:{}", host, port);
  return result;
}

}  // namespace exai::checks
