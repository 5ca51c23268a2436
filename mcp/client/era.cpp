// Opening: which era and which version a server speaks, and HTTP+SSE as the last resort.
#include "core/version.hpp"
#include "io/http.hpp"
#include "mcp/client/session.hpp"

#include <fmt/core.h>

namespace exai::mcp::client {
namespace {

constexpr Millis k_probe_http{15'000};
constexpr Millis k_probe_stream{5000};  // silence is how an old server says no

bool names(const Json& versions, std::string_view wanted) {
  if (!versions.is_array()) return false;
  return std::any_of(versions.begin(), versions.end(),
                     [&](const Json& one) { return one == std::string(wanted); });
}

bool names_legacy(const Json& versions) {
  return std::any_of(std::begin(k_legacy_versions), std::end(k_legacy_versions),
                     [&](std::string_view version) { return names(versions, version); });
}

bool is_legacy(const std::string& version) {
  return std::find(std::begin(k_legacy_versions), std::end(k_legacy_versions), version) !=
         std::end(k_legacy_versions);
}

}  // namespace

Result<void> Session::connect(const Wait& wait) {
  transport_.reset();  // a child goes before its successor comes
  auto transport = opener_(target_, wait);
  if (!transport) return fail(transport.error());
  transport_ = std::move(*transport);
  info_.transport = transport_->kind();
  return {};
}

Result<void> Session::open(const Wait& wait) {
  if (auto ready = connect(wait); !ready) return ready;
  if (target_.era != McpEra::legacy && transport_->kind() != McpTransport::sse) {
    const Result<Probe> found = probe(wait);
    if (!found) return fail(found.error());
    if (*found == Probe::modern) {
      opened_ = true;
      return {};
    }
    if (*found == Probe::reconnect)
      if (auto ready = connect(wait); !ready) return ready;
  } else if (target_.era == McpEra::modern) {
    return fail(ErrorKind::invalid, "HTTP+SSE belongs to the legacy era: 2026-07-28 does not travel over it");
  }
  if (auto ready = open_legacy(wait); !ready) return ready;
  opened_ = true;
  return {};
}

bool Session::take_discovery(const Json& result) {
  if (!names(member_of(result, "supportedVersions"), k_modern_version)) return false;
  const Json& server = member_of(member_of(result, "_meta"), "io.modelcontextprotocol/serverInfo");
  info_.name = text_of(server, "name");
  info_.version = text_of(server, "version");
  info_.protocol = k_modern_version;
  info_.instructions = text_of(result, "instructions");
  info_.capabilities = capability_names(member_of(result, "capabilities"));
  info_.era = McpEra::modern;
  transport_->agree(info_.protocol, false);
  return true;
}

Result<Session::Probe> Session::probe(const Wait& wait) {
  info_.era = McpEra::modern;
  transport_->agree(std::string(k_modern_version), false);
  const bool over_http = transport_->kind() == McpTransport::http;
  const bool forced = target_.era == McpEra::modern;
  Wait patience = wait;
  // Half of the time is kept for the other era.
  if (!forced)
    patience.deadline =
        wait.deadline.within(std::min(over_http ? k_probe_http : k_probe_stream, wait.deadline.left() / 2));
  discovery_id_ = next_id_;
  const Result<Json> found = ask("server/discover", Json::object(), patience);
  if (!found) return probe_failed(found.error(), wait);
  discovery_id_ = 0;
  if (take_discovery(*found)) return Probe::modern;
  const Json& versions = member_of(*found, "supportedVersions");
  if (!forced && (!versions.is_array() || names_legacy(versions))) return Probe::legacy;
  return fail(ErrorKind::invalid,
              fmt::format("the server speaks {}, we speak {}{}", printable(dump_json(versions)),
                          k_modern_version, forced ? "" : " and 2024-11-05 to 2025-11-25"));
}

/// Any answer but one that names common versions means the legacy era; no answer at all proves nothing, save
/// for a program that ended or kept silent.
Result<Session::Probe> Session::probe_failed(const Error& error, const Wait& wait) {
  const bool over_http = transport_->kind() == McpTransport::http;
  const int status = transport_->status();
  if (error.kind == ErrorKind::cancelled || wait.deadline.passed() || status == 401 || status == 403)
    return fail(error);
  if (target_.era == McpEra::modern)
    return fail(Error(error).during("asking for 2026-07-28 with server/discover"));
  if (member_of(problem_, "code") == -32022) {
    const Json& supported = member_of(member_of(problem_, "data"), "supported");
    if (!supported.empty() && !names_legacy(supported))
      return fail(ErrorKind::invalid,
                  fmt::format("no version in common: the server speaks {}, we speak {} and "
                              "2024-11-05 to 2025-11-25",
                              printable(dump_json(supported)), k_modern_version));
  }
  if (problem_.is_object()) {
    discovery_id_ = 0;
    return Probe::legacy;
  }
  if (error.kind == ErrorKind::timeout) return Probe::legacy;
  if (over_http && status == 0) return fail(error);  // it was not reached at all
  discovery_id_ = 0;
  return over_http ? Probe::legacy : Probe::reconnect;
}

Result<void> Session::open_legacy(const Wait& wait) {
  info_.era = McpEra::legacy;
  transport_->agree("", true);
  auto ready = initialize(wait);
  if (ready) return ready;
  if (late_found_ && take_discovery(*late_found_)) return {};  // slow to start, and modern only
  const int status = transport_->status();
  const bool refused = status >= 400 && status <= 499 && status != 401 && status != 403;
  if (transport_->kind() == McpTransport::http && target_.transport == McpTransport::automatic && refused)
    return fall_back_to_sse(std::move(ready).error(), wait);
  return ready;
}

/// Two transports ago a server had two addresses.
Result<void> Session::fall_back_to_sse(Error first, const Wait& wait) {
  auto stream = open_sse(target_, wait);
  if (!stream) {
    const bool gone =
        stream.error().kind == ErrorKind::cancelled || stream.error().kind == ErrorKind::timeout;
    return fail(gone ? std::move(stream).error() : std::move(first));
  }
  transport_ = std::move(*stream);
  info_.transport = McpTransport::sse;
  return initialize(wait);
}

Result<void> Session::initialize(const Wait& wait) {
  const Json params{{"protocolVersion", k_legacy_versions[0]},
                    {"capabilities", client_capabilities(observer_.input, false, McpEra::legacy)},
                    {"clientInfo", {{"name", "exai"}, {"version", version()}}}};
  const Result<Json> result = ask("initialize", params, wait);
  if (!result) return fail(result.error());
  info_.protocol = text_of(*result, "protocolVersion");
  if (info_.protocol.empty())
    return fail(ErrorKind::invalid, "the server is none of MCP: its answer has no protocolVersion");
  if (!is_legacy(info_.protocol))
    return fail(
        ErrorKind::invalid,
        fmt::format("no version in common: the server answers {}, we speak 2024-11-05 to 2025-11-25 there",
                    printable(info_.protocol)));
  const Json& server = member_of(*result, "serverInfo");
  info_.name = text_of(server, "name");
  info_.version = text_of(server, "version");
  info_.instructions = text_of(*result, "instructions");
  const Json& capabilities = member_of(*result, "capabilities");
  info_.capabilities = capability_names(capabilities);
  transport_->agree(info_.protocol, true);
  if (auto sent = notify("notifications/initialized", nullptr, wait.deadline); !sent) return sent;
  if (target_.log_level.empty() || !member_of(capabilities, "logging").is_object()) return {};
  (void)ask("logging/setLevel", {{"level", target_.log_level}}, wait);  // a refusal only costs the log lines
  return {};
}

}  // namespace exai::mcp::client
