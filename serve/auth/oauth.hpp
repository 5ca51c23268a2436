// OAuth 2.1 as a resource server (MCP authorization, RFC 9728, RFC 6750): what is trusted, what is published,
// and what a token is worth. Pure.
#pragma once

#include "core/config.hpp"
#include "core/principal.hpp"
#include "serve/auth/jwt.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve::auth {

struct OAuthSettings {
  std::string issuer;    ///< as tokens name it
  std::string resource;  ///< our canonical URL, the audience: "https://host/mcp"
  std::string jwks_url;  ///< empty = found by the issuer's metadata
  Millis leeway{60000};

  friend bool operator==(const OAuthSettings&, const OAuthSettings&) = default;
};
/// Nothing when no setting of auth.oauth is set; `config` when one is missing or no URL that may be used:
/// https, or http on loopback.
Result<std::optional<OAuthSettings>> oauth_settings(const Config& config);
/// True for https and for http on loopback: keys and tokens never travel in the clear.
bool is_trusted_url(std::string_view url);

inline constexpr std::string_view k_protected_resource = "/.well-known/oauth-protected-resource";
/// The URL of our metadata document, for WWW-Authenticate.
std::string metadata_url(const OAuthSettings& settings);
/// The document itself (RFC 9728 section 3.2), JSON.
std::string metadata_document(const OAuthSettings& settings);
/// Where the issuer's own metadata may be, in the order to ask (RFC 8414 section 3.1, OpenID Connect
/// Discovery).
std::vector<std::string> discovery_urls(std::string_view issuer);

/// The highest scope among "exai:viewer", "viewer" and their like; nothing when none is there.
std::optional<Scope> highest_scope(const std::vector<std::string>& words);

/// What is known of the issuer's keys at some moment, as far as a decision needs it.
struct IssuerView {
  const JwkSet& keys;
  bool ever_fetched = false;
  bool may_fetch = false;  ///< a fetch runs, or may begin
  /// The last fetch brought a set, and none runs: a key that is not in it does not exist.
  bool settled = true;
  /// True for a key id that was not found a short time ago; may be empty.
  std::function<bool(std::string_view)> lacks{};
};

/// What a token is worth.
struct TokenVerdict {
  enum class Kind : std::uint8_t {
    allowed,
    refused,      ///< 401
    no_scope,     ///< 403: a right token without any scope of ours
    needs_keys,   ///< a newer key set may settle it
    no_keys_yet,  ///< 503: the issuer's keys could not be fetched since the start
  };
  Kind kind = Kind::refused;
  Principal principal{};  ///< allowed: "subject@issuer-host"
  Wall until{};           ///< allowed: its expiry, leeway included
  std::string key_id{};   ///< of a key that is not known
  std::string why{};      ///< refused: for people
};
TokenVerdict judge_token(std::string_view token, const OAuthSettings& settings, const IssuerView& issuer,
                         Wall now);

}  // namespace exai::serve::auth
