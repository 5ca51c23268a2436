// An issuer's signing keys, made anew in each run: no private key stands in this repository.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace exai::tests {

class SigningKey {
 public:
  /// `algorithm`: RS256, ES256 or EdDSA.
  SigningKey(const std::string& algorithm, std::string id, unsigned rsa_bits = 2048);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& algorithm() const { return algorithm_; }
  /// The public key as a JWK, JSON.
  [[nodiscard]] std::string jwk() const;
  /// A signature as JOSE writes it, raw bytes.
  [[nodiscard]] std::string sign(std::string_view text) const;
  /// The compact JWS of these two JSON texts.
  [[nodiscard]] std::string token(const std::string& header, const std::string& claims) const;
  /// With the usual header: alg, kid and typ.
  [[nodiscard]] std::string token(const std::string& claims) const;

 private:
  std::string algorithm_, id_;
  std::shared_ptr<void> key_;  // EVP_PKEY
};

/// {"keys":[...]}
template <class... Keys>
std::string key_set(const Keys&... keys) {
  std::string list;
  ((list += (list.empty() ? "" : ",") + keys.jwk()), ...);
  return "{\"keys\":[" + list + "]}";
}

}  // namespace exai::tests
