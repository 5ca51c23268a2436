// The keys file: named keys as digests, a YAML list. The server reads it, `exai key` changes it under a lock.
#pragma once

#include "core/node.hpp"
#include "core/result.hpp"
#include "ops/keys/keys.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace exai::ops {

/// Keys in one file at most, and its size at most; every request is compared with each of them.
inline constexpr std::size_t k_max_keys = 1000;
inline constexpr std::uint64_t k_keys_file_bytes = std::uint64_t{1} << 20U;

/// The keys of a document: a list of maps with name, sha256, scope and, if they may lapse, expires. Unknown
/// fields, equal names and equal digests are `config` errors with file and line.
Result<std::vector<NamedKey>> keys_of(const Node& document);
/// The document that keys_of() reads.
std::string keys_text(const std::vector<NamedKey>& keys);

struct KeysFile {
  std::vector<NamedKey> keys;
  std::string warning;  ///< for the operator, once; empty = none
};
/// Reads a keys file. A file that is not there or cannot be read is a `config` error: a server must not open
/// because its keys went away. One that others can read is a warning, under `strict` an error (OpenSSH's
/// rule).
Result<KeysFile> read_keys_file(const std::filesystem::path& path, bool strict);

/// Adds a key under the file's lock, and makes the file where there is none; what it holds then. `refused`:
/// the name is taken, or the file is full. Other errors as read_keys_file().
Result<KeysFile> add_key(const std::filesystem::path& path, const NamedKey& key, bool strict);
/// Removes a key under the file's lock; what the file holds then. `usage`: it holds no such key.
Result<KeysFile> remove_key(const std::filesystem::path& path, std::string_view name, bool strict);
/// The error for a name that none of these keys has, with the nearest that one has.
Error no_such_key(const std::vector<NamedKey>& keys, std::string_view name,
                  const std::filesystem::path& path);

}  // namespace exai::ops
