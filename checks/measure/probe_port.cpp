#include "checks/measure/probe_port.hpp"

#include "core/address.hpp"
#include "core/text.hpp"
#include "io/process.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult port_in_use(std::uint16_t port) {
  std::string owner;
  for (const long pid : io::listeners(port)) {
    const auto facts = io::process_facts(pid);
    owner += fmt::format("{}pid {}{}", owner.empty() ? "" : ", ", pid, facts ? " " + facts->executable : "");
  }
  return check_fail(fmt::format("in use{}", owner.empty() ? "" : " by " + owner),
                    "stop that process, or choose another port");
}

CheckResult judge_port(const Address& address, bool expect_free, const ProbeLimits& limits) {
  const auto answer = io::ask_port(address.host, std::to_string(address.port), limits.deadline);
  // Whoever could not be asked may listen or not.
  if (!answer) return check_unknown(answer.error());
  if (answer->accepted) {
    if (expect_free) return port_in_use(address.port);
    CheckResult result = check_pass("accepts connections");
    judge_time(result, answer->time, limits);
    return result;
  }
  return expect_free
             ? check_pass("free")
             : check_fail("nothing listens there", "is the server started, and bound to that address?");
}

Result<Address> read_port(const std::string& target) {
  auto address = parse_address(target);
  if (!address) return address;
  if (!address->has_port)
    return fail(ErrorKind::invalid, "it names no port", "write 8079, host:8079 or [::1]:8079");
  if (address->port == 0)
    return fail(ErrorKind::invalid, "port 0 cannot be asked", "write a port from 1 to 65535");
  address->host = reachable_host(address->host);
  return address;
}

}  // namespace

CheckResult probe_port(const std::string& target, bool expect_free, const ProbeLimits& limits) {
  const auto address = read_port(target);
  CheckResult result = address ? judge_port(*address, expect_free, limits)
                               : check_fail(fmt::format("\"{}\" is not an address with a port: {}",
                                                        printable(target), address.error().message),
                                            address.error().hint, Cause::config);
  result.id = "probe.port";
  result.title = address ? format_address(address->host, address->port) : printable(target);
  return result;
}

}  // namespace exai::checks
