#include "ops/keys/keys.hpp"

#include "io/random.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::ops {
namespace {

/// 256 bits: nobody guesses that, so a plain digest of it may be kept.
constexpr std::size_t k_key_bytes = 32;

}  // namespace

Result<void> check_key_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool fine = !name.empty() && name.size() <= 64 && plain(name.front()) &&
                    std::all_of(name.begin(), name.end(),
                                [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
  if (!fine)
    return fail(
        ErrorKind::invalid,
        "the name of a key must be 1 to 64 letters, digits, dots, dashes and underscores, a letter or "
        "digit first",
        "for example laptop-2027");
  if (name == "local" || name == "daemon")
    return fail(
        ErrorKind::invalid,
        fmt::format("the name \"{}\" is taken by the server for callers without a key of their own", name),
        "choose another name");
  return {};
}

std::string new_key_text() {
  return "exai_" + io::random_token(k_key_bytes);
}

NamedKey plain_key(std::string_view key) {
  const Sha256 digest = sha256(key);
  return {.name = "key:" + hex(digest).substr(0, 8), .digest = digest};
}

const NamedKey* find_key(const std::vector<NamedKey>& keys, std::string_view presented) {
  const Sha256 digest = sha256(presented);
  const NamedKey* found = nullptr;
  for (const NamedKey& key : keys)
    if (equal_in_constant_time(bytes_of(key.digest), bytes_of(digest))) found = &key;
  return found;
}

}  // namespace exai::ops
