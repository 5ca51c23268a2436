#include "serve/auth/keys.hpp"

#include "core/text.hpp"
#include "io/files.hpp"
#include "io/yaml.hpp"

#include <charconv>
#include <chrono>

#include <fmt/core.h>

namespace exai::serve::auth {
namespace {

constexpr std::string_view k_head =
    "# The keys of this deployment, as digests. Written by exai key generate and exai key retire: what else\n"
    "# stands here is not kept. The server reads it at start and at exai reload.\n";
constexpr std::string_view k_way_out = "exai key generate NAME writes a right one";

std::string_view as_bytes(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};  // NOLINT: bytes are bytes
}

std::string hex_of(const Sha256& digest, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += fmt::format("{:02x}", digest.at(i));
  return text;
}

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

/// A number of exactly that many digits.
std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return text.empty() ? std::nullopt : std::optional<int>(value);
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
    const std::optional<engine::Scope> scope = parse_scope(entry_.text("scope"));
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

std::optional<engine::Scope> parse_scope(std::string_view word) {
  for (const engine::Scope scope : {engine::Scope::viewer, engine::Scope::operator_, engine::Scope::admin})
    if (word == engine::to_string(scope)) return scope;
  return std::nullopt;
}

std::optional<Wall> parse_utc(std::string_view text) {
  using namespace std::chrono;
  const bool whole =
      text.size() == 20 && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z';
  if ((!whole && text.size() != 10) || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t count) { return digits(text.substr(from, count)); };
  const auto years = part(0, 4), months = part(5, 2), days_in = part(8, 2);
  if (!years || !months || !days_in) return std::nullopt;
  const year_month_day date{year{*years}, month{static_cast<unsigned>(*months)},
                            day{static_cast<unsigned>(*days_in)}};
  if (!date.ok() || *years < 1970 || *years > 2250) return std::nullopt;
  Wall at = time_point_cast<Wall::duration>(sys_days{date});
  if (!whole) return at;
  const auto hour = part(11, 2), minute = part(14, 2), second = part(17, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return at + hours{*hour} + minutes{*minute} + seconds{*second};
}

std::string utc_seconds(Wall at) {
  return format_utc(at).substr(0, 19) + "Z";
}

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
    text += fmt::format("- name: {}\n  sha256: {}\n  scope: {}\n", key.name,
                        hex_of(key.digest, key.digest.size()), engine::to_string(key.scope));
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

NamedKey plain_key(std::string_view key) {
  const Sha256 digest = sha256(key);
  return {.name = "key:" + hex_of(digest, 4), .digest = digest};
}

const NamedKey* find_key(const std::vector<NamedKey>& keys, std::string_view presented) {
  const Sha256 digest = sha256(presented);
  const NamedKey* found = nullptr;
  for (const NamedKey& key : keys)
    if (equal_in_constant_time(as_bytes(key.digest), as_bytes(digest))) found = &key;
  return found;
}

}  // namespace exai::serve::auth
