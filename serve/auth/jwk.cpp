#include "serve/auth/jwk.hpp"

#include "core/base64.hpp"
#include "core/json_access.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

namespace exai::serve::auth {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* value) const {
    Free(value);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using Key = std::shared_ptr<void>;

constexpr int k_min_rsa_bits = 2048, k_max_rsa_bits = 8192;
constexpr std::size_t k_max_exponent_bytes = 8;
constexpr std::size_t k_coordinate = 32;  // P-256 and Ed25519 alike

const unsigned char* jwk_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());  // NOLINT: bytes are bytes
}

Number big_number(std::string_view bytes) {
  return Number(BN_bin2bn(jwk_bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

/// The bytes of a member in base64url; empty when it is not that.
std::string member(const Json& jwk, const char* name) {
  return read_base64url(text_of(jwk, name)).value_or("");
}

/// A key from its numbers; null when they make none.
Key build(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return {key, [](void* held) { EVP_PKEY_free(static_cast<EVP_PKEY*>(held)); }};
}

Key rsa(const Json& jwk) {
  const std::string n = member(jwk, "n"), e = member(jwk, "e");
  if (n.empty() || e.empty() || e.size() > k_max_exponent_bytes ||
      n.size() > static_cast<std::size_t>(k_max_rsa_bits) / 8)
    return nullptr;
  const Number modulus = big_number(n), exponent = big_number(e);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!modulus || !exponent || !builder || BN_num_bits(modulus.get()) < k_min_rsa_bits ||
      BN_is_odd(modulus.get()) == 0 || BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) != 0 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    return nullptr;
  return build("RSA", builder.get());
}

Key p256(const Json& jwk) {
  const std::string x = member(jwk, "x"), y = member(jwk, "y");
  if (x.size() != k_coordinate || y.size() != k_coordinate) return nullptr;
  const std::string point = "\x04" + x + y;  // uncompressed; OpenSSL refuses one that is not on the curve
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1)
    return nullptr;
  return build("EC", builder.get());
}

Key ed25519(const Json& jwk) {
  const std::string x = member(jwk, "x");
  const Builder builder(OSSL_PARAM_BLD_new());
  if (x.size() != k_coordinate || !builder ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, x.data(), x.size()) != 1)
    return nullptr;
  return build("ED25519", builder.get());
}

/// r and s side by side as the DER that OpenSSL reads; empty when it is not such a pair.
std::string der_of(std::string_view raw) {
  if (raw.size() != 2 * k_coordinate) return {};
  Number r = big_number(raw.substr(0, k_coordinate)), s = big_number(raw.substr(k_coordinate));
  const Signature pair(ECDSA_SIG_new());
  if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());  // the pair owns both now
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));  // NOLINT: bytes
  OPENSSL_free(der);
  return text;
}

struct KeyType {
  std::string_view type, curve;
  JwsAlgorithm algorithm;
  std::string_view name;
  Key (*build)(const Json&);
};
constexpr KeyType k_types[] = {{"RSA", "", JwsAlgorithm::rs256, "RS256", rsa},
                               {"EC", "P-256", JwsAlgorithm::es256, "ES256", p256},
                               {"OKP", "Ed25519", JwsAlgorithm::eddsa, "EdDSA", ed25519}};

/// False for a key that says it is for something else.
bool may_verify(const Json& jwk) {
  if (jwk.contains("use") && text_of(jwk, "use") != "sig") return false;
  const auto operations = jwk.find("key_ops");
  if (operations == jwk.end()) return true;
  return operations->is_array() &&
         std::find(operations->begin(), operations->end(), "verify") != operations->end();
}

}  // namespace

std::optional<JwsAlgorithm> parse_algorithm(std::string_view name) {
  for (const KeyType& type : k_types)
    if (name == type.name) return type.algorithm;
  return std::nullopt;
}

Result<Jwk> Jwk::from(const Json& jwk) {
  if (!jwk.is_object()) return fail(ErrorKind::invalid, "a key must be a JSON object");
  const std::string type = text_of(jwk, "kty"), curve = text_of(jwk, "crv");
  for (const KeyType& known : k_types) {
    if (type != known.type || (!known.curve.empty() && curve != known.curve)) continue;
    if (!may_verify(jwk)) return fail(ErrorKind::invalid, "the key is not for signatures");
    if (jwk.contains("alg") && text_of(jwk, "alg") != known.name)
      return fail(ErrorKind::invalid, fmt::format("the key is not for {}", known.name));
    Jwk key;
    key.id_ = text_of(jwk, "kid");
    key.algorithm_ = known.algorithm;
    key.key_ = known.build(jwk);
    ERR_clear_error();
    if (!key.key_)
      return fail(ErrorKind::invalid,
                  fmt::format("the numbers are not a {} key that is accepted", known.name));
    return key;
  }
  return fail(ErrorKind::invalid, "only RSA, EC P-256 and OKP Ed25519 keys are accepted");
}

bool Jwk::verifies(std::string_view text, std::string_view signature) const {
  std::string der;
  if (algorithm_ == JwsAlgorithm::es256) {
    der = der_of(signature);
    signature = der;
  }
  if (signature.empty()) return false;
  const EVP_MD* const digest = algorithm_ == JwsAlgorithm::eddsa ? nullptr : EVP_sha256();
  const DigestContext context(EVP_MD_CTX_new());
  const bool right = context &&
                     EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr,
                                          static_cast<EVP_PKEY*>(key_.get())) == 1 &&
                     EVP_DigestVerify(context.get(), jwk_bytes(signature), signature.size(), jwk_bytes(text),
                                      text.size()) == 1;
  ERR_clear_error();
  return right;
}

Result<JwkSet> JwkSet::parse(std::string_view text) {
  const Result<Json> document = parse_json(text, 16);
  if (!document) return fail(document.error());
  const auto found = document->is_object() ? document->find("keys") : document->end();
  if (found == document->end() || !found->is_array())
    return fail(ErrorKind::invalid, "a key set must be a JSON object with a list \"keys\"");
  JwkSet set;
  for (const Json& each : *found) {
    if (set.keys_.size() == k_max_jwks) break;
    if (Result<Jwk> key = Jwk::from(each)) set.keys_.push_back(std::move(*key));
  }
  if (set.empty())
    return fail(ErrorKind::invalid, "the key set holds no RSA, P-256 or Ed25519 key for signatures");
  return set;
}

}  // namespace exai::serve::auth
