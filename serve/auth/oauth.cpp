#include "serve/auth/oauth.hpp"

#include "io/http.hpp"
#include "serve/auth/access.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::serve::auth {
namespace {

constexpr std::string_view k_mcp_path = "/mcp";

/// "https://host:8443" of a URL, as written.
std::string_view origin_of(std::string_view url) {
  return url.substr(0, url.find('/', url.find("://") + 3));
}

/// What follows the origin, without a slash at its end: "" or "/tenant".
std::string_view path_of(std::string_view url) {
  std::string_view path = url.substr(origin_of(url).size());
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return path;
}

/// One of the URLs of auth.oauth; the key set's alone may have a query.
Result<void> check_url(const Config& config, std::string_view key) {
  const std::string& url = config.text(key);
  const std::string hint = fmt::format("exai config show {} --origin", key);
  if (url.empty() && key == "auth.oauth.jwks_url") return {};
  if (url.empty())
    return fail(ErrorKind::config, fmt::format("OAuth needs {}, which is not set", key),
                "set auth.oauth.issuer and auth.oauth.resource, or nothing of auth.oauth");
  if (!is_trusted_url(url))
    return fail(ErrorKind::config, fmt::format("{} must be an https URL (http on loopback only)", key), hint);
  if (url.find_first_of(key == "auth.oauth.jwks_url" ? "#" : "?#") != std::string::npos)
    return fail(ErrorKind::config, fmt::format("{} must have no query and no fragment", key), hint);
  return {};
}

}  // namespace

bool is_trusted_url(std::string_view url) {
  const Result<io::Url> parts = io::parse_url(url);
  return parts && (parts->scheme == "https" || (parts->scheme == "http" && is_loopback(parts->host)));
}

Result<std::optional<OAuthSettings>> oauth_settings(const Config& config) {
  OAuthSettings settings{config.text("auth.oauth.issuer"), config.text("auth.oauth.resource"),
                         config.text("auth.oauth.jwks_url"), config.duration("auth.oauth.leeway")};
  if (settings.issuer.empty() && settings.resource.empty() && settings.jwks_url.empty())
    return std::optional<OAuthSettings>();
  for (const auto* const key : {"auth.oauth.issuer", "auth.oauth.resource", "auth.oauth.jwks_url"})
    if (Result<void> fine = check_url(config, key); !fine) return fail(fine.error());
  if (settings.resource.substr(origin_of(settings.resource).size()) != k_mcp_path)
    return fail(ErrorKind::config,
                "auth.oauth.resource must be the address that clients use, ending with /mcp",
                "for example https://mcp.example.org/mcp, without a slash at the end");
  return std::optional<OAuthSettings>(std::move(settings));
}

std::string metadata_url(const OAuthSettings& settings) {
  return fmt::format("{}{}{}", origin_of(settings.resource), k_protected_resource, k_mcp_path);
}

std::string metadata_document(const OAuthSettings& settings) {
  return dump_json({{"resource", settings.resource},
                    {"authorization_servers", Json::array({settings.issuer})},
                    {"scopes_supported", Json::array({"exai:viewer", "exai:operator", "exai:admin"})},
                    {"bearer_methods_supported", Json::array({"header"})},
                    {"resource_name", "exai"}});
}

std::vector<std::string> discovery_urls(std::string_view issuer) {
  const std::string_view origin = origin_of(issuer), path = path_of(issuer);
  std::vector<std::string> urls{fmt::format("{}/.well-known/oauth-authorization-server{}", origin, path),
                                fmt::format("{}/.well-known/openid-configuration{}", origin, path)};
  if (!path.empty()) urls.push_back(fmt::format("{}{}/.well-known/openid-configuration", origin, path));
  return urls;
}

std::optional<Scope> highest_scope(const std::vector<std::string>& words) {
  std::optional<Scope> highest;
  for (std::string_view word : words) {
    if (word.starts_with("exai:")) word.remove_prefix(5);
    const std::optional<Scope> scope = parse_scope(word);
    if (scope && (!highest || *scope > *highest)) highest = scope;
  }
  return highest;
}

TokenVerdict judge_token(std::string_view token, const OAuthSettings& settings, const IssuerView& issuer,
                         Wall now) {
  using Kind = TokenVerdict::Kind;
  const auto claims =
      verify_jwt(token, issuer.keys, {settings.issuer, settings.resource, settings.leeway}, now);
  if (claims) {
    const std::optional<Scope> scope = highest_scope(claims->scopes);
    if (!scope) return {.kind = Kind::no_scope};
    const Result<io::Url> url = io::parse_url(settings.issuer);
    return {.kind = Kind::allowed,
            .principal = {fmt::format("{}@{}", claims->subject, url ? url->host : settings.issuer), *scope},
            .until = claims->expires + settings.leeway};
  }
  if (claims.error().fault == JwtFault::unknown_key) {
    const std::string& id = claims.error().key_id;
    const bool not_found = issuer.lacks && issuer.lacks(id);
    if (issuer.may_fetch && !not_found) return {.kind = Kind::needs_keys, .key_id = id};
    if (!issuer.ever_fetched || (!issuer.settled && !not_found))
      return {.kind = Kind::no_keys_yet, .key_id = id};
    return {.kind = Kind::refused, .key_id = id, .why = claims.error().why};
  }
  return {.kind = Kind::refused, .why = claims.error().why};
}

}  // namespace exai::serve::auth
