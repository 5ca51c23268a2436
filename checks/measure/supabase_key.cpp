#include "checks/measure/supabase_key.hpp"

#include "checks/measure/postgres_address.hpp"
#include "core/base64.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "core/url.hpp"
#include "core/utc.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/core.h>

namespace exai::checks {
namespace {

using Kind = SupabaseKeyKind;

constexpr std::size_t k_max_token = 8192;
constexpr const char* k_keys_page = "copy it from the project's page: Project Settings, API Keys";

/// A claim of a token, as text; "" where there is none.
std::string claim_of(const std::string& claims, std::string_view name) {
  const auto found = json_at(claims, name);
  return found ? printable(*found) : "";
}

std::optional<Wall> time_claim(const std::string& claims, std::string_view name) {
  const std::string text = claim_of(claims, name);
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t k_max = 9'000'000'000;  // beyond, a Wall has no room
  if (problem != std::errc{} || end == text.data() || seconds < 0) return {};
  return Wall(std::chrono::duration_cast<Wall::duration>(std::chrono::seconds(std::min(seconds, k_max))));
}

SupabaseKey read_token(std::string_view token) {
  const std::size_t first = token.find('.'), last = token.rfind('.');
  if (token.size() > k_max_token || first == std::string_view::npos || last <= first + 1) return {};
  const auto claims = read_base64url(token.substr(first + 1, last - first - 1));
  if (!claims || token.find('.', first + 1) != last) return {};
  SupabaseKey key{Kind::other_role, claim_of(*claims, "role"), claim_of(*claims, "ref"),
                  time_claim(*claims, "exp")};
  if (key.role.empty()) return {};
  if (key.role == "anon") key.kind = Kind::anon;
  if (key.role == "service_role") key.kind = Kind::service_role;
  return key;
}

/// One of the settings: its name, its key and what the key says.
struct HeldKey {
  std::string_view setting, name;
  const Secret& key;
  SupabaseKey read;
};

Finding key_finding(const HeldKey& held, Status severity, std::string_view rule, std::string message,
                    std::string hint) {
  return {severity,        "supabase." + std::string(rule), std::move(message), {},
          std::move(hint), std::string(held.setting)};
}

std::string described(const HeldKey& held) {
  if (held.read.kind == Kind::other_role) return fmt::format("a token of the role \"{}\"", held.read.role);
  return fmt::format("{} {}", to_string(held.read.kind).starts_with("a") ? "an" : "a",
                     to_string(held.read.kind));
}

/// Whether the key is of the kind that the setting wants.
void judge_kind(const HeldKey& held, bool wants_public, std::vector<Finding>& findings) {
  const SupabaseKey& key = held.read;
  if (wants_public ? key.is_public() : key.is_server()) return;
  if (key.kind == Kind::management)
    return findings.push_back(key_finding(held, Status::fail, "management",
                                          fmt::format("{} holds a management token (sbp_)", held.name),
                                          fmt::format("no project takes it; {}", k_keys_page)));
  if (key.kind == Kind::unknown)
    return findings.push_back(key_finding(held, Status::fail, "form",
                                          fmt::format("{} is neither a token nor an sb_ key", held.name),
                                          k_keys_page));
  findings.push_back(key_finding(
      held, Status::fail, "kind",
      fmt::format("{} holds {}{}", held.name, described(held),
                  wants_public && key.is_server() ? ": whoever is given it is past row level security" : ""),
      wants_public ? "it wants the anon token or an sb_publishable_ key"
                   : "it wants the service_role token or an sb_secret_ key"));
}

void judge_expiry(const HeldKey& held, Wall now, std::vector<Finding>& findings) {
  constexpr std::chrono::hours k_soon{30 * 24};
  if (!held.read.expires) return;
  const Wall at = *held.read.expires;
  if (at <= now)
    findings.push_back(key_finding(held, Status::fail, "expired",
                                   fmt::format("{} expired at {}", held.name, utc_seconds(at)), k_keys_page));
  else if (at - now < k_soon)
    findings.push_back(key_finding(held, Status::warn, "expires",
                                   fmt::format("{} expires at {}", held.name, utc_seconds(at)), k_keys_page));
}

void judge_project(const HeldKey& held, const std::string& ref, std::vector<Finding>& findings) {
  if (ref.empty() || held.read.ref.empty() || held.read.ref == ref) return;
  findings.push_back(
      key_finding(held, Status::fail, "project",
                  fmt::format("{} is of the project {}, SUPABASE_URL of {}", held.name, held.read.ref, ref),
                  fmt::format("https://{}.supabase.co, or a key of the other project", held.read.ref)));
}

/// A name without a dot, as containers have, or an address of a private network.
bool is_private_host(const std::string& host) {
  if (host.find('.') == std::string::npos || host.starts_with("10.") || host.starts_with("192.168."))
    return true;
  if (!host.starts_with("172.")) return false;
  const auto second = read_digits(std::string_view(host).substr(4, host.find('.', 4) - 4));
  return second && *second >= 16 && *second <= 31;
}

/// What is worth saying of two keys at once replaces what each of them would say.
bool judge_swapped(const HeldKey& anon, const HeldKey& service, std::vector<Finding>& findings) {
  if (!anon.key.empty() && anon.key.reveal() == service.key.reveal()) {
    findings.push_back(key_finding(service, Status::fail, "same",
                                   fmt::format("{} and {} are the same key", anon.name, service.name),
                                   k_keys_page));
    return true;
  }
  if (!anon.read.is_server() || !service.read.is_public()) return false;
  findings.push_back(
      key_finding(anon, Status::fail, "swapped",
                  fmt::format("{} and {} are swapped: whoever is given the first is past row level security",
                              anon.name, service.name),
                  "swap them, and make new keys if the wrong one was given away"));
  return true;
}

}  // namespace

std::string_view to_string(SupabaseKeyKind kind) {
  constexpr std::array<std::string_view, 7> k_names{
      "anon token",     "service_role token",      "token of another role", "sb_publishable_ key",
      "sb_secret_ key", "management token (sbp_)", "text of no known form"};
  return k_names.at(static_cast<std::size_t>(kind));
}

SupabaseKey read_supabase_key(const Secret& key) {
  const std::string_view text = key.reveal();
  if (text.starts_with("sb_publishable_")) return {Kind::publishable};
  if (text.starts_with("sb_secret_")) return {Kind::secret};
  if (text.starts_with("sbp_")) return {Kind::management};
  return text.starts_with("ey") ? read_token(text) : SupabaseKey{};
}

const Secret& SupabaseSettings::server_key() const {
  if (!service.empty() || !read_supabase_key(access).is_server()) return service;
  return access;
}

SupabaseSettings supabase_settings(const Config& config) {
  return {config.text("supabase.url"), config.secret("supabase.anon_key"),
          config.secret("supabase.service_role_key"), config.secret("supabase.access_token")};
}

std::string supabase_ref(std::string_view url) {
  const auto parsed = parse_url(url);
  if (!parsed) return {};
  const SupabaseHost host = supabase_host(parsed->host);
  return host.role == SupabaseHost::Role::api ? host.ref : "";
}

std::vector<Finding> supabase_url_findings(std::string_view url) {
  constexpr const char* k_form = "SUPABASE_URL=https://REF.supabase.co";
  const auto finding = [&](Status severity, const char* rule, std::string message) {
    return std::vector<Finding>{{severity, rule, std::move(message), {}, k_form, "supabase.url"}};
  };
  if (url.empty()) return finding(Status::warn, "supabase.url", "SUPABASE_URL is not set, but a key is");
  const auto parsed = parse_base_url(url);
  if (!parsed) return finding(Status::fail, "supabase.url", "SUPABASE_URL is not a base address of the web");
  const std::string host = to_lower(parsed->host);
  const SupabaseHost known = supabase_host(host);
  const bool near = host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
  if (host == "supabase.com" || host == "www.supabase.com" || host == "app.supabase.com")
    return finding(Status::fail, "supabase.dashboard",
                   "SUPABASE_URL is the dashboard's address, not the project's");
  if (known.role == SupabaseHost::Role::direct || known.role == SupabaseHost::Role::pooler)
    return finding(Status::fail, "supabase.database",
                   "SUPABASE_URL is the database's address, which speaks no HTTP");
  if (parsed->scheme != "https" && !near)
    return finding(is_private_host(host) ? Status::warn : Status::fail, "supabase.clear",
                   "the keys cross the network in the clear: SUPABASE_URL is http");
  if (parsed->path != "/")
    return finding(Status::fail, "supabase.path",
                   "SUPABASE_URL has a path: the parts of the project stand below it");
  return {};
}

std::vector<Finding> supabase_key_findings(const SupabaseSettings& settings, Wall now) {
  std::vector<Finding> findings = supabase_url_findings(settings.url);
  const HeldKey anon{"supabase.anon_key", "SUPABASE_ANON_KEY", settings.anon,
                     read_supabase_key(settings.anon)},
      service{"supabase.service_role_key", "SUPABASE_SERVICE_ROLE_KEY", settings.service,
              read_supabase_key(settings.service)},
      access{"supabase.access_token", "SUPABASE_ACCESS_TOKEN", settings.access,
             read_supabase_key(settings.access)};
  if (anon.key.empty() && service.key.empty() && access.key.empty())
    findings.push_back({Status::fail, "supabase.none", "SUPABASE_URL is set, but no key", {}, k_keys_page});
  if (!judge_swapped(anon, service, findings)) {
    if (!anon.key.empty()) judge_kind(anon, true, findings);
    if (!service.key.empty()) judge_kind(service, false, findings);
  }
  // Tools of Supabase's own take a management token of this name; beside a server key it does no harm.
  const bool other_tools = access.read.kind == Kind::management && !service.key.empty();
  if (!access.key.empty() && !other_tools) judge_kind(access, false, findings);
  const std::string ref = supabase_ref(settings.url);
  for (const HeldKey* held : {&anon, &service, &access}) {
    judge_expiry(*held, now, findings);
    judge_project(*held, ref, findings);
  }
  return findings;
}

}  // namespace exai::checks
