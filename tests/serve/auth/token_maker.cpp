#include "tests/serve/auth/token_maker.hpp"

#include "core/base64.hpp"
#include "tests/catch.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

namespace exai::tests {
namespace {

EVP_PKEY* as_key(const std::shared_ptr<void>& held) {
  return static_cast<EVP_PKEY*>(held.get());
}

std::string number(EVP_PKEY* key, const char* name, std::size_t width = 0) {
  BIGNUM* value = nullptr;
  REQUIRE(EVP_PKEY_get_bn_param(key, name, &value) == 1);
  std::string bytes(width != 0 ? width : static_cast<std::size_t>(BN_num_bytes(value)), '\0');
  REQUIRE(BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()),
                       static_cast<int>(bytes.size())) > 0);
  BN_free(value);
  return base64url(bytes);
}

/// DER to r and s side by side.
std::string raw_signature(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  REQUIRE(pair != nullptr);
  std::string raw(64, '\0');
  auto* to = reinterpret_cast<unsigned char*>(raw.data());
  REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_r(pair), to, 32) == 32);
  REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(pair), to + 32, 32) == 32);
  ECDSA_SIG_free(pair);
  return raw;
}

}  // namespace

SigningKey::SigningKey(const std::string& algorithm, std::string id, unsigned rsa_bits)
    : algorithm_(algorithm), id_(std::move(id)) {
  EVP_PKEY* key = algorithm == "RS256"   ? EVP_RSA_gen(rsa_bits)
                  : algorithm == "ES256" ? EVP_EC_gen("P-256")
                                         : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  REQUIRE(key != nullptr);
  key_ = {key, [](void* held) { EVP_PKEY_free(static_cast<EVP_PKEY*>(held)); }};
}

std::string SigningKey::jwk() const {
  const std::string head = R"({"kid":")" + id_ + R"(","use":"sig","alg":")" + algorithm_ + "\",";
  if (algorithm_ == "RS256")
    return head + R"("kty":"RSA","n":")" + number(as_key(key_), OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
           number(as_key(key_), OSSL_PKEY_PARAM_RSA_E) + "\"}";
  if (algorithm_ == "ES256")
    return head + R"("kty":"EC","crv":"P-256","x":")" + number(as_key(key_), OSSL_PKEY_PARAM_EC_PUB_X, 32) +
           R"(","y":")" + number(as_key(key_), OSSL_PKEY_PARAM_EC_PUB_Y, 32) + "\"}";
  std::string raw(32, '\0');
  std::size_t size = raw.size();
  REQUIRE(EVP_PKEY_get_raw_public_key(as_key(key_), reinterpret_cast<unsigned char*>(raw.data()), &size) ==
          1);
  return head + R"("kty":"OKP","crv":"Ed25519","x":")" + base64url(raw) + "\"}";
}

std::string SigningKey::sign(std::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* digest = algorithm_ == "EdDSA" ? nullptr : EVP_sha256();
  REQUIRE(EVP_DigestSignInit(context, nullptr, digest, nullptr, as_key(key_)) == 1);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  REQUIRE(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                         text.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return algorithm_ == "ES256" ? raw_signature(signature) : signature;
}

std::string SigningKey::token(const std::string& header, const std::string& claims) const {
  const std::string text = base64url(header) + "." + base64url(claims);
  return text + "." + base64url(sign(text));
}

std::string SigningKey::token(const std::string& claims) const {
  return token(R"({"alg":")" + algorithm_ + R"(","kid":")" + id_ + R"(","typ":"at+jwt"})", claims);
}

}  // namespace exai::tests
