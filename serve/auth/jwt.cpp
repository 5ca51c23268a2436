#include "serve/auth/jwt.hpp"

#include "core/base64.hpp"
#include "core/json_access.hpp"
#include "core/text.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

namespace exai::serve::auth {
namespace {

using Rejected = tl::unexpected<JwtRejection>;

Rejected reject(JwtFault fault, std::string why) {
  return Rejected(JwtRejection{fault, std::move(why)});
}

struct Parts {
  std::string_view header, payload, signature, signed_text;
};

std::optional<Parts> split_token(std::string_view token) {
  if (token.size() > k_max_token_bytes) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

std::optional<Json> object_in(std::string_view part) {
  const std::optional<std::string> text = read_base64url(part);
  if (!text) return std::nullopt;
  Result<Json> value = parse_json(*text, 16);
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(*value);
}

std::optional<std::string> string_at(const Json& object, const char* name) {
  const Json& value = member_of(object, name);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

/// A time in seconds since 1970 (RFC 7519: NumericDate); what lies beyond our clock's years is cut to its
/// end.
std::optional<Wall> time_at(const Json& object, const char* name) {
  constexpr double k_last = 9'000'000'000.0;  // year 2255
  const std::optional<double> seconds = number_of(object, name);
  if (!seconds || !std::isfinite(*seconds) || *seconds < 0) return std::nullopt;
  return Wall(Millis(static_cast<long long>(std::min(*seconds, k_last) * 1000.0)));
}

/// The key that the header asks for.
tl::expected<const Jwk*, JwtRejection> choose(const Json& header, JwsAlgorithm algorithm,
                                              const JwkSet& keys) {
  const bool named = header.contains("kid");
  const std::optional<std::string> id = string_at(header, "kid");
  if (named && !id) return reject(JwtFault::malformed, "its kid is not text");
  const Jwk* found = nullptr;
  bool other_type = false;
  for (const Jwk& key : keys.keys()) {
    if (named && key.id() != *id) continue;
    if (key.algorithm() != algorithm) {
      other_type = named;
      continue;
    }
    if (found != nullptr)
      return reject(JwtFault::malformed, "it does not say which of several keys signed it");
    found = &key;
  }
  if (found != nullptr) return found;
  if (other_type) return reject(JwtFault::algorithm, "its alg is not that of the key it names");
  return Rejected(JwtRejection{JwtFault::unknown_key, "its issuer publishes no such key", id.value_or("")});
}

bool is_for(const Json& claims, std::string_view audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  const auto same = [&](const Json& one) {
    return one.is_string() && one.get_ref<const std::string&>() == audience;
  };
  return found->is_array() ? std::any_of(found->begin(), found->end(), same) : same(*found);
}

bool is_fit_name(std::string_view text) {
  return !text.empty() && text.size() <= k_max_subject_bytes && is_utf8(text) && printable(text) == text &&
         text.find_first_of("\t\n") == std::string_view::npos;
}

std::vector<std::string> scopes_of(const Json& claims) {
  std::vector<std::string> scopes;
  for (const char* const name : {"scope", "scp"}) {
    const auto found = claims.find(name);
    if (found == claims.end()) continue;
    if (found->is_string())
      for (std::string& word : split(found->get_ref<const std::string&>(), ' '))
        scopes.push_back(std::move(word));
    for (std::string& word : texts_of(*found)) scopes.push_back(std::move(word));
  }
  return scopes;
}

tl::expected<JwtClaims, JwtRejection> judge_claims(const Json& claims, const JwtExpectation& expected,
                                                   Wall now) {
  if (string_at(claims, "iss") != expected.issuer)
    return reject(JwtFault::issuer, "it is not of the issuer that this server trusts");
  if (!is_for(claims, expected.audience))
    return reject(JwtFault::audience, "it was issued for another audience");
  const std::optional<Wall> expires = time_at(claims, "exp");
  if (!expires) return reject(JwtFault::expired, "it has no time of expiry");
  if (now >= *expires + expected.leeway) return reject(JwtFault::expired, "it has expired");
  if (claims.contains("nbf")) {
    const std::optional<Wall> begins = time_at(claims, "nbf");
    if (!begins || now + expected.leeway < *begins) return reject(JwtFault::early, "it is not valid yet");
  }
  std::optional<std::string> subject = string_at(claims, "sub");
  if (!subject || !is_fit_name(*subject)) return reject(JwtFault::subject, "it has no usable subject");
  return JwtClaims{std::move(*subject), scopes_of(claims), *expires};
}

}  // namespace

bool looks_like_jwt(std::string_view text) {
  const auto parts = split_token(text);
  return parts && object_in(parts->header).has_value();
}

tl::expected<JwtClaims, JwtRejection> verify_jwt(std::string_view token, const JwkSet& keys,
                                                 const JwtExpectation& expected, Wall now) {
  const std::optional<Parts> parts = split_token(token);
  const std::optional<Json> header = parts ? object_in(parts->header) : std::nullopt;
  if (!header) return reject(JwtFault::malformed, "it is not a signed JWT");
  // An extension that we do not know but must understand (RFC 7515 4.1.11): we know none.
  if (header->contains("crit")) return reject(JwtFault::malformed, "its header demands an extension");
  if (header->contains("typ")) {
    const std::string type = to_lower(string_at(*header, "typ").value_or(""));
    if (type != "at+jwt" && type != "application/at+jwt" && type != "jwt")
      return reject(JwtFault::malformed, "its typ is not that of an access token");
  }
  const std::optional<JwsAlgorithm> algorithm = parse_algorithm(string_at(*header, "alg").value_or(""));
  if (!algorithm) return reject(JwtFault::algorithm, "its alg is not RS256, ES256 or EdDSA");
  const auto key = choose(*header, *algorithm, keys);
  if (!key) return tl::unexpected(key.error());
  const std::optional<std::string> signature = read_base64url(parts->signature);
  if (!signature || !(*key)->verifies(parts->signed_text, *signature))
    return reject(JwtFault::signature, "its signature is not right");
  const std::optional<Json> claims = object_in(parts->payload);
  if (!claims) return reject(JwtFault::malformed, "its claims are not a JSON object");
  return judge_claims(*claims, expected, now);
}

}  // namespace exai::serve::auth
