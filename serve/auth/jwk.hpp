// Public keys of an issuer as it publishes them (RFC 7517), and the one thing they are for: to verify a
// signature. OpenSSL stays inside.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve::auth {

/// The signature algorithms that are accepted (RFC 7518, RFC 8037). Each belongs to one type of key, so that
/// a header cannot have a key used for another.
enum class JwsAlgorithm : std::uint8_t { rs256, es256, eddsa };
/// "RS256", "ES256", "EdDSA"; nothing for "none", the HMAC family and all others.
std::optional<JwsAlgorithm> parse_algorithm(std::string_view name);

/// A public key. Immutable; copies share it.
class Jwk {
 public:
  /// RSA of 2048 to 8192 bits, EC on P-256, OKP Ed25519. `invalid` for other types, for keys not meant for
  /// signatures (use, key_ops), for an `alg` that does not fit the type and for numbers that are not such a
  /// key.
  static Result<Jwk> from(const Json& jwk);

  [[nodiscard]] const std::string& id() const { return id_; }  ///< "kid"; may be empty
  [[nodiscard]] JwsAlgorithm algorithm() const { return algorithm_; }
  /// True if `signature`, as JOSE writes it (ES256: r and s of 32 bytes each), is this key's over `text`.
  [[nodiscard]] bool verifies(std::string_view text, std::string_view signature) const;

 private:
  std::string id_;
  JwsAlgorithm algorithm_ = JwsAlgorithm::rs256;
  std::shared_ptr<void> key_;  // EVP_PKEY
};

/// Keys taken from one set, at most; the rest is ignored.
inline constexpr std::size_t k_max_jwks = 100;

class JwkSet {
 public:
  JwkSet() = default;
  /// The usable keys of a JWKS document; the others are ignored, as RFC 7517 section 5 wants. `invalid`
  /// when it is not such a document or holds no usable key.
  static Result<JwkSet> parse(std::string_view text);

  [[nodiscard]] bool empty() const { return keys_.empty(); }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  [[nodiscard]] const std::vector<Jwk>& keys() const { return keys_; }

 private:
  std::vector<Jwk> keys_;
};

}  // namespace exai::serve::auth
