#include "core/secret.hpp"

#include "core/digest.hpp"

#include <fmt/core.h>
#include <openssl/crypto.h>

namespace exai {

void Secret::wipe() noexcept {
  if (value_.empty()) return;
  OPENSSL_cleanse(value_.data(), value_.size());
  value_.clear();
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    // A move would copy a short string and leave its bytes behind; a swap leaves our wiped ones.
    value_.swap(other.value_);
  }
  return *this;
}

std::string Secret::fingerprint() const {
  if (empty()) return "not set";
  return fmt::format("sha256:{}, {} chars", sha256_hex(value_).substr(0, 8), value_.size());
}

bool Secret::matches(std::string_view candidate) const {
  const Sha256 ours = sha256(value_);
  const Sha256 theirs = sha256(candidate);
  return CRYPTO_memcmp(ours.data(), theirs.data(), ours.size()) == 0;
}

}  // namespace exai
