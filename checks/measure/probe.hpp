// Measure and judge one outside thing: shared by the checks that doctor and runbooks run and by `exai probe`.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/report.hpp"
#include "mcp/client/client.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace exai::checks {

/// What a probe may take, and until when.
struct ProbeLimits {
  Deadline deadline;
  std::stop_token stop;
  std::optional<Millis> warn, crit;  ///< judged against the measured time
};

/// Adds the fact "time" and turns a pass into a warning or a failure when it was too slow.
void judge_time(CheckResult& result, Micros time, const ProbeLimits& limits);

/// GET; pass on 2xx. `expect` are "status=204", "contains=TEXT" or "json.path=value" ("json.status=healthy").
CheckResult probe_http(const std::string& url, const std::vector<std::string>& expect,
                       const ProbeLimits& limits);
/// Upgrade, hello, hello_ack (deployment:154-159, deployment:73).
CheckResult probe_ws(const std::string& url, const Secret& token, const ProbeLimits& limits);
/// Opens a session in the server's era, one round trip, tools/list; says transport, era, version,
/// capabilities.
CheckResult probe_mcp(const io::McpTarget& target, const ProbeLimits& limits);
/// GET {base}/models with the key of "glm", "kimi" or "custom"; config problems are failures with cause
/// config.
CheckResult probe_provider(std::string_view provider, const Config& config, const ProbeLimits& limits);
/// "8079", "host:8079", "[::1]:8079" or a URL; `expect_free` turns the judgement round (before a deployment).
CheckResult probe_port(const std::string& target, bool expect_free, const ProbeLimits& limits);

/// URLs of this deployment's own server, from its settings.
std::string mcp_url(const Config& config);
std::string daemon_url(const Config& config);
std::string health_url(const Config& config);
/// The key that our own commands show to our own server: auth.client_key, else the first of auth.api_keys,
/// where the server has it from too; empty = none.
Secret own_key(const Config& config);

}  // namespace exai::checks
