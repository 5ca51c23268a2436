// Access tokens as signed JWTs (RFC 7515, 7519, 9068): from a text to who it names, or to why not. Pure.
#pragma once

#include "core/deadline.hpp"
#include "serve/auth/jwk.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace exai::serve::auth {

/// What a token must say.
struct JwtExpectation {
  std::string issuer;    ///< "iss", to the letter
  std::string audience;  ///< "aud" is this or a list with it: our canonical URL (RFC 8707)
  Millis leeway{60000};  ///< how far the issuer's clock may be from ours
};

/// What an accepted token says.
struct JwtClaims {
  std::string subject;
  std::vector<std::string> scopes;  ///< of "scope" (words or a list) and "scp"
  Wall expires{};
};

enum class JwtFault : std::uint8_t {
  malformed,    ///< no compact JWS, or an unknown "typ" or any "crit"
  algorithm,    ///< "alg" is not accepted or is not that of the key
  unknown_key,  ///< the set has no such key: a newer one may
  signature,
  issuer,
  audience,
  expired,
  early,    ///< "nbf" lies ahead
  subject,  ///< "sub" is absent, too long or not printable
};
struct JwtRejection {
  JwtFault fault = JwtFault::malformed;
  std::string why;       ///< for people; quotes nothing of the token
  std::string key_id{};  ///< unknown_key: the one that the token names
};

inline constexpr std::size_t k_max_token_bytes = 16384;
inline constexpr std::size_t k_max_subject_bytes = 200;

/// True for three parts of which the first is a JSON object: a text that wants to be a token, not a key.
bool looks_like_jwt(std::string_view text);
/// Nothing of the token counts before its signature is verified, except the header's "alg" and "kid".
tl::expected<JwtClaims, JwtRejection> verify_jwt(std::string_view token, const JwkSet& keys,
                                                 const JwtExpectation& expected, Wall now);

}  // namespace exai::serve::auth
