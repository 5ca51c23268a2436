// The named keys of a deployment: what the keys file holds, and whose a presented key is. The file has
// digests only.
#pragma once

#include "core/deadline.hpp"
#include "core/digest.hpp"
#include "core/node.hpp"
#include "core/result.hpp"
#include "engine/principal.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve::auth {

/// One key. It is a text of 256 random bits, so a plain SHA-256 of it can be kept: there is nothing to guess.
struct NamedKey {
  std::string name;
  Sha256 digest{};
  engine::Scope scope = engine::Scope::admin;
  std::optional<Wall> expires{};  ///< nothing = never
  std::optional<Wall> created{};

  [[nodiscard]] bool expired(Wall now) const { return expires && now >= *expires; }
};

/// Keys in one file at most, and its size at most; every request is compared with each of them.
inline constexpr std::size_t k_max_keys = 1000;
inline constexpr std::uint64_t k_keys_file_bytes = std::uint64_t{1} << 20U;

/// A name of a key: a letter or digit, then up to 63 letters, digits, '.', '_' and '-'; "local" and "daemon"
/// are ours. So it never looks like "key:1a2b3c4d" or "subject@issuer". `invalid` otherwise.
Result<void> check_key_name(std::string_view name);
/// "viewer", "operator", "admin", or nothing.
std::optional<engine::Scope> parse_scope(std::string_view word);
/// "2027-01-31T12:00:00Z" or "2027-01-31" (its first second); nothing for anything else.
std::optional<Wall> parse_utc(std::string_view text);
/// "2027-01-31T12:00:00Z", cut to the second.
std::string utc_seconds(Wall at);

/// The keys of a document: a list of maps with name, sha256, scope and, if they may lapse, expires. Unknown
/// fields, equal names and equal digests are `config` errors with file and line.
Result<std::vector<NamedKey>> keys_of(const Node& document);
/// The document that keys_of() reads.
std::string keys_text(const std::vector<NamedKey>& keys);

struct KeysFile {
  std::vector<NamedKey> keys;
  std::string warning;  ///< logged once for the operator; empty = none
};
/// Reads a keys file. A file that is not there or cannot be read is a `config` error: a server must not open
/// because its keys went away. One that others can read is a warning, under `strict` an error (OpenSSH's
/// rule).
Result<KeysFile> read_keys_file(const std::filesystem::path& path, bool strict);

/// The plain text keys of auth.api_keys: "key:" and 8 digits of the digest, admin, for ever.
NamedKey plain_key(std::string_view key);

/// The key that this text is, or nullptr. All are compared, each in constant time, so the time says nothing
/// about which one was near.
const NamedKey* find_key(const std::vector<NamedKey>& keys, std::string_view presented);

}  // namespace exai::serve::auth
