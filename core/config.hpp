// The effective configuration: immutable, every value with its origin. Built from layers; reads no file
// itself.
#pragma once

#include "core/duration.hpp"
#include "core/node.hpp"
#include "core/report.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "core/settings.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace exai {

/// Where a value came from, weakest first: a later one overrides an earlier one.
enum class OriginKind : std::uint8_t { standard, file, profile, env_file, environment, flag };

struct Origin {
  OriginKind kind = OriginKind::standard;
  std::string source;  ///< file path; empty for defaults, environment and flags
  int line = 0;
  std::string name;  ///< as written there: "WS_PORT", "ws.port", "--ws"
};
/// ".env:12 WS_PORT", "environment EXAI_WS_PORT", "default"
std::string to_string(const Origin& origin);

/// One name and value as a layer has it.
struct RawSetting {
  std::string name;
  std::string value;
  int line = 0;
};

/// One source of settings. Names are environment names for env_file and environment, keys otherwise.
struct ConfigLayer {
  OriginKind kind = OriginKind::environment;
  std::string source;
  std::vector<RawSetting> entries;
};

struct ConfigValue {
  const Setting* setting = nullptr;
  std::string text;  ///< as written at the origin; valid for the type
  Origin origin;
  std::vector<std::pair<Origin, std::string>> overrode;  ///< strongest first
};

class Config {
 public:
  /// Merges layers (weakest first). Problems go to `findings` with file and line: unknown names with the
  /// nearest known one, aliases that disagree, wrong types, out-of-range, placeholder and retired names. A
  /// value that does not fit is left out, so the next weaker one counts.
  static Config build(const std::vector<ConfigLayer>& layers, std::vector<Finding>& findings);
  /// Only defaults: for tests and for commands that need no configuration.
  static Config defaults();

  // Typed access by key. A key that is not in the table, or of another type, is a programming error.
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] bool boolean(std::string_view key) const;
  [[nodiscard]] long long integer(std::string_view key) const;
  [[nodiscard]] Millis duration(std::string_view key) const;
  [[nodiscard]] std::uint64_t bytes(std::string_view key) const;
  [[nodiscard]] std::uint16_t port(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
  [[nodiscard]] Secret secret(std::string_view key) const;

  [[nodiscard]] const ConfigValue& value(std::string_view key) const;
  /// True when someone set it: the value does not come from the default.
  [[nodiscard]] bool is_set(std::string_view key) const;
  /// What may be shown of a value: the text, or the fingerprint of a secret ("set (sha256:...)", "not set").
  [[nodiscard]] std::string shown(std::string_view key) const;
  /// Every secret value in effect, to feed the redactor.
  [[nodiscard]] std::vector<Secret> secrets() const;
  /// Custom timeout profiles of exai.yaml (node `timeout_profiles`), null when absent.
  [[nodiscard]] const Node& timeout_profiles() const { return timeout_profiles_; }
  void set_timeout_profiles(Node node) { timeout_profiles_ = std::move(node); }

 private:
  std::map<std::string_view, ConfigValue> values_;
  Node timeout_profiles_;
};

/// Checks one text against a setting's type, range and choices; `invalid` with what was expected.
Result<void> check_value(const Setting& setting, std::string_view text);
/// True for values such as "your_glm_key_here", "changeme", "<key>" that a template ships.
bool is_placeholder(std::string_view text);
/// Parses "16MiB", "10 MB", "4096".
Result<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace exai
