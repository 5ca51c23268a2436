// The named keys of a deployment, and whose a presented key is. Of a key only its digest is kept.
#pragma once

#include "core/deadline.hpp"
#include "core/digest.hpp"
#include "core/principal.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::ops {

/// One key. It is a text of 256 random bits, so a plain SHA-256 of it can be kept: there is nothing to guess.
struct NamedKey {
  std::string name;
  Sha256 digest{};
  Scope scope = Scope::admin;
  std::optional<Wall> expires{};  ///< nothing = never
  std::optional<Wall> created{};

  [[nodiscard]] bool expired(Wall now) const { return expires && now >= *expires; }
};

/// A name of a key: a letter or digit, then up to 63 letters, digits, '.', '_' and '-'; "local" and "daemon"
/// are ours. So it never looks like "key:1a2b3c4d" or "subject@issuer". `invalid` otherwise.
Result<void> check_key_name(std::string_view name);

/// The text of a new key: "exai_", which tells logs and secret scanners what they found, and 256 random bits.
std::string new_key_text();

/// The plain text keys of auth.api_keys: "key:" and 8 digits of the digest, admin, for ever.
NamedKey plain_key(std::string_view key);

/// The key that this text is, or nullptr. All are compared, each in constant time, so the time says nothing
/// about which one was near.
const NamedKey* find_key(const std::vector<NamedKey>& keys, std::string_view presented);

}  // namespace exai::ops
