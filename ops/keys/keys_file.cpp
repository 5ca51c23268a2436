#include "ops/keys/keys_file.hpp"

#include "core/text.hpp"
#include "core/utc.hpp"
#include "io/files.hpp"
#include "io/yaml.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace exai::ops {
namespace {

constexpr std::string_view k_head =
    "# The keys of this deployment, as digests. Written by exai key generate and exai key retire: what else\n"
    "# stands here is not kept. The server reads it at start and at exai reload.\n";
constexpr std::string_view k_way_out = "exai key generate NAME writes a right one";

std::optional<Sha256> digest_of(std::string_view hex) {
  Sha256 digest{};
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* const at = hex.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, digest.at(i), 16);
    if (error != std::errc{} || end != at + 2) return std::nullopt;
  }
  return digest;
}

/// One entry, with the line of what is wrong.
class EntryReader {
 public:
  explicit EntryReader(const Node& entry) : entry_(entry) {}

  Result<NamedKey> read() const {
    if (!entry_.is_map()) return wrong(entry_, "an entry must be a map with name, sha256 and scope");
    for (const auto& [field, value] : entry_.fields) {
      if (field != "name" && field != "sha256" && field != "scope" && field != "expires" &&
          field != "created")
        return wrong(value, fmt::format("\"{}\" is not a field of a key", printable(field)));
      if (!value.is_scalar()) return wrong(value, fmt::format("\"{}\" must be plain text", field));
    }
    NamedKey key;
    key.name = entry_.text("name");
    if (const Result<void> named = check_key_name(key.name); !named)
      return wrong(at("name"), named.error().message);
    const std::optional<Sha256> digest = digest_of(entry_.text("sha256"));
    if (!digest) return wrong(at("sha256"), "sha256 must be 64 hexadecimal digits");
    key.digest = *digest;
    const std::optional<Scope> scope = parse_scope(entry_.text("scope"));
    if (!scope) return wrong(at("scope"), "scope must be viewer, operator or admin");
    key.scope = *scope;
    for (const auto& [field, to] : {std::pair{"expires", &key.expires}, {"created", &key.created}}) {
      if (entry_.find(field) == nullptr) continue;
      *to = parse_utc(entry_.text(field));
      if (!*to) return wrong(at(field), fmt::format("{} must be written as 2027-01-31T12:00:00Z", field));
    }
    return key;
  }

  static tl::unexpected<Error> wrong(const Node& place, std::string message) {
    return fail(make_error(ErrorKind::config, std::move(message), std::string(k_way_out)).at(place.where));
  }

 private:
  [[nodiscard]] const Node& at(std::string_view field) const {
    const Node* found = entry_.find(field);
    return found == nullptr ? entry_ : *found;
  }
  const Node& entry_;
};

/// Nobody else changes the file while this lives.
Result<io::LockFile> lock_of(const std::filesystem::path& path) {
  auto lock = io::LockFile::acquire(path.string() + ".lock");
  if (lock) return lock;
  return fail(Error(lock.error()).try_this("another exai key command is at it: try again"));
}

Result<KeysFile> write_keys(const std::filesystem::path& path, KeysFile file) {
  if (auto written = io::write_atomic(path, keys_text(file.keys), 0600); !written)
    return fail(written.error());
  return file;
}

}  // namespace

Result<std::vector<NamedKey>> keys_of(const Node& document) {
  std::vector<NamedKey> keys;
  if (document.kind == Node::Kind::null) return keys;
  if (!document.is_list()) return EntryReader::wrong(document, "a keys file must be a list of keys");
  if (document.items.size() > k_max_keys)
    return EntryReader::wrong(document, fmt::format("more than {} keys stand in one file", k_max_keys));
  for (const Node& entry : document.items) {
    Result<NamedKey> key = EntryReader(entry).read();
    if (!key) return fail(key.error());
    for (const NamedKey& other : keys) {
      if (other.name == key->name)
        return EntryReader::wrong(entry, fmt::format("two keys are named \"{}\"", key->name));
      if (other.digest == key->digest)
        return EntryReader::wrong(entry, fmt::format("\"{}\" and \"{}\" are one key", other.name, key->name));
    }
    keys.push_back(std::move(*key));
  }
  return keys;
}

std::string keys_text(const std::vector<NamedKey>& keys) {
  std::string text(k_head);
  if (keys.empty()) text += "[]\n";
  for (const NamedKey& key : keys) {
    text += fmt::format("- name: {}\n  sha256: {}\n  scope: {}\n", key.name, hex(key.digest),
                        to_string(key.scope));
    if (key.expires) text += fmt::format("  expires: {}\n", utc_seconds(*key.expires));
    if (key.created) text += fmt::format("  created: {}\n", utc_seconds(*key.created));
  }
  return text;
}

Result<KeysFile> read_keys_file(const std::filesystem::path& path, bool strict) {
  const auto unusable = [&](const Error& why) {
    Error error = why;
    error.kind = ErrorKind::config;
    return fail(std::move(error));
  };
  const Result<io::FileFacts> facts = io::file_facts(path);
  if (!facts) return unusable(Error(facts.error()).try_this("exai key generate NAME makes it"));
  KeysFile file;
  if ((facts->mode & 077U) != 0) {
    file.warning =
        fmt::format("{} has mode {:04o}: others can read or change it", path.string(), facts->mode);
    const std::string hint = fmt::format("chmod 600 {}", path.string());
    if (strict) return fail(ErrorKind::config, file.warning, hint);
    file.warning += "; " + hint;
  }
  const Result<std::string> text = io::read_file(path, k_keys_file_bytes);
  if (!text) return unusable(text.error());
  const Result<Node> document = io::parse_yaml(*text, path.string());
  if (!document) return unusable(document.error());
  Result<std::vector<NamedKey>> keys = keys_of(*document);
  if (!keys) return unusable(keys.error());
  file.keys = std::move(*keys);
  return file;
}

Result<KeysFile> add_key(const std::filesystem::path& path, const NamedKey& key, bool strict) {
  const auto lock = lock_of(path);
  if (!lock) return fail(lock.error());
  KeysFile file;
  if (io::is_there(path)) {
    auto there = read_keys_file(path, strict);
    if (!there) return fail(there.error());
    file = std::move(*there);
  }
  for (const NamedKey& other : file.keys)
    if (other.name == key.name)
      return fail(ErrorKind::refused, fmt::format("{} has a key named \"{}\"", path.string(), key.name),
                  fmt::format("choose another name, or exai key retire {}", key.name));
  if (file.keys.size() >= k_max_keys)
    return fail(ErrorKind::refused,
                fmt::format("{} holds {} keys, which is the most", path.string(), file.keys.size()),
                "exai key retire NAME");
  file.keys.push_back(key);
  return write_keys(path, std::move(file));
}

Result<KeysFile> remove_key(const std::filesystem::path& path, std::string_view name, bool strict) {
  const auto lock = lock_of(path);
  if (!lock) return fail(lock.error());
  auto file = read_keys_file(path, strict);
  if (!file) return fail(file.error());
  if (std::erase_if(file->keys, [&](const NamedKey& key) { return key.name == name; }) == 0)
    return fail(no_such_key(file->keys, name, path));
  return write_keys(path, std::move(*file));
}

Error no_such_key(const std::vector<NamedKey>& keys, std::string_view name,
                  const std::filesystem::path& path) {
  std::vector<std::string> names;
  names.reserve(keys.size());
  for (const NamedKey& key : keys) names.push_back(key.name);
  const std::string near = did_you_mean(name, names);
  return make_error(ErrorKind::usage,
                    fmt::format("{} has no key named \"{}\"", path.string(), printable(name)),
                    near.empty() ? "exai key list" : near);
}

}  // namespace exai::ops
