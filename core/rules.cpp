#include "core/rules.hpp"

#include <array>

#include <fmt/core.h>

namespace exai {
namespace {

/// Collects findings; a rule about a setting that cannot be used has nothing to say.
class Rules {
 public:
  explicit Rules(const Config& config) : config_(config) {}

  template <class Rule>
  void ask(Rule rule) {
    try {
      rule();
    } catch (const UnusableSetting&) {  // has a finding of its own
    }
  }

  void add(Status severity, std::string_view rule, std::string message, std::string hint,
           std::string_view key) {
    const Origin& origin = config_.peek(key).origin;
    std::optional<Location> where;
    if (!origin.source.empty()) where = Location{origin.source, origin.line, 0};
    findings.push_back({severity, fmt::format("config.{}", rule), std::move(message), std::move(where),
                        std::move(hint), std::string(key)});
  }

  /// "EXAI_WS_PING_TIMEOUT (10s, default)"
  [[nodiscard]] std::string with_origin(std::string_view key) const {
    return fmt::format("{} ({}, {})", setting_name(key), config_.text(key),
                       to_string(config_.value(key).origin));
  }

  std::vector<Finding> findings;

 private:
  const Config& config_;
};

void limits(const Config& config, Rules& rules) {
  rules.ask([&] {
    if (config.duration("ws.ping_timeout") >= config.duration("ws.ping_interval"))
      rules.add(Status::fail, "ping",
                fmt::format("{} must be shorter than {}", rules.with_origin("ws.ping_timeout"),
                            rules.with_origin("ws.ping_interval")),
                "lower EXAI_WS_PING_TIMEOUT", "ws.ping_timeout");
  });
  rules.ask([&] {
    if (config.integer("limits.session") > config.integer("limits.global"))
      rules.add(Status::fail, "limits",
                fmt::format("limits.session ({}) is above limits.global ({})", config.text("limits.session"),
                            config.text("limits.global")),
                "lower EXAI_WS_SESSION_MAX_INFLIGHT", "limits.session");
  });
  rules.ask([&] {
    if (config.integer("consensus.min_models") > config.integer("consensus.max_models"))
      rules.add(Status::fail, "consensus",
                fmt::format("{} is above {}", rules.with_origin("consensus.min_models"),
                            rules.with_origin("consensus.max_models")),
                "lower MIN_CONSENSUS_MODELS", "consensus.min_models");
  });
  rules.ask([&] {
    if (config.bytes("limits.body") > config.bytes("limits.frame"))
      rules.add(Status::warn, "sizes",
                "TOOL_CALL_MAX_SIZE is above EXAI_WS_MAX_BYTES, so it cannot be reached over WebSocket",
                "lower TOOL_CALL_MAX_SIZE", "limits.body");
  });
}

void choices(const Config& config, Rules& rules) {
  rules.ask([&] {
    const std::string& anon = config.text("supabase.anon_key");
    if (!anon.empty() && anon == config.text("supabase.service_role_key"))
      rules.add(Status::fail, "supabase", "SUPABASE_SERVICE_ROLE_KEY and SUPABASE_ANON_KEY are the same key",
                "copy the service role key from the project's API page", "supabase.service_role_key");
  });
  rules.ask([&] {
    const bool other = config.is_set("tools.profile") && config.text("tools.profile") != "lean";
    if (config.boolean("tools.lean_mode") && other)
      rules.add(Status::fail, "profile",
                fmt::format("LEAN_MODE is on, and {} says otherwise", rules.with_origin("tools.profile")),
                "keep TOOL_PROFILE only", "tools.profile");
  });
  rules.ask([&] {
    const std::string& backend = config.text("search.backend");
    const bool keyless = (backend == "tavily" && config.secret("search.tavily_key").empty()) ||
                         (backend == "bing" && config.secret("search.bing_key").empty());
    if (keyless)
      rules.add(Status::warn, "search",
                fmt::format("SEARCH_BACKEND is {}, whose key is not set, so no search will work", backend),
                "set its key, or SEARCH_BACKEND=duckduckgo", "search.backend");
  });
}

struct Bound {
  std::string_view port, host;  // keys; no host: bound to loopback
};
constexpr std::array<Bound, 4> k_bound{{{"http.port", "http.host"},
                                        {"ws.port", "ws.host"},
                                        {"health.port", "health.host"},
                                        {"monitoring.port", ""}}};

std::string host_of(const Config& config, const Bound& bound) {
  return bound.host.empty() ? "127.0.0.1" : config.text(bound.host);
}

/// Two different addresses can share a port; a name or "all addresses" may be either of them.
bool may_meet(const std::string& a, const std::string& b) {
  const auto specific = [](const std::string& host) {
    return host != "0.0.0.0" && host != "::" && host.find_first_not_of("0123456789.") == std::string::npos;
  };
  return a == b || !specific(a) || !specific(b);
}

}  // namespace

std::vector<Finding> contradictions(const Config& config) {
  Rules rules(config);
  limits(config, rules);
  choices(config, rules);
  return std::move(rules.findings);
}

std::vector<Finding> port_collisions(const Config& config) {
  Rules rules(config);
  for (std::size_t later = 1; later < k_bound.size(); ++later)
    for (std::size_t first = 0; first < later; ++first)
      rules.ask([&] {
        const Bound &a = k_bound[first], &b = k_bound[later];
        const std::uint16_t port = config.port(b.port);
        if (port == 0 || config.port(a.port) != port) return;
        if (!may_meet(host_of(config, a), host_of(config, b))) return;
        rules.add(Status::fail, "ports", fmt::format("{} and {} are both {}", a.port, b.port, port),
                  fmt::format("change {}", setting_name(b.port)), b.port);
      });
  return std::move(rules.findings);
}

}  // namespace exai
