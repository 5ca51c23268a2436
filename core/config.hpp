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
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace exai {

/// Where a value came from, weakest first: a later one overrides an earlier one.
enum class OriginKind : std::uint8_t { default_value, file, profile, env_file, environment, flag };

struct Origin {
  OriginKind kind = OriginKind::default_value;
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
  bool is_list = false;   ///< the source wrote a list: `value` has its items, separated by commas
  std::string problem{};  ///< why the source's text cannot be a value, whatever the setting
};

/// One source of settings. Names are environment names for env_file and environment, keys otherwise.
struct ConfigLayer {
  OriginKind kind = OriginKind::environment;
  std::string source;
  std::vector<RawSetting> entries;
};

struct ConfigValue {
  const Setting* setting = nullptr;
  std::string text;  ///< in canonical form, see canonical_value()
  Origin origin;
  std::vector<std::pair<Origin, std::string>> overrode;  ///< strongest first
  /// Set when the strongest source has a text that cannot be used: `text` is then what a weaker one says,
  /// which nobody asked for.
  std::optional<Error> unusable;
};

/// Thrown by whoever reads a value that cannot be used: an answer must not come from a default that the
/// operator replaced. Caught where a command or a check ends (cli/app, run_check); `serve` never meets it,
/// for it starts on judged settings only.
class UnusableSetting : public std::runtime_error {
 public:
  explicit UnusableSetting(const Error& error) : std::runtime_error(error.message), error_(error) {}
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  Error error_;
};

class Config {
 public:
  /// Merges layers (weakest first). Problems go to `findings` with file and line: unknown names with the
  /// nearest known one, aliases that disagree, wrong types, out-of-range, placeholder and retired names. A
  /// value that does not fit makes its setting unusable, unless a stronger source has a good one.
  static Config build(const std::vector<ConfigLayer>& layers, std::vector<Finding>& findings);
  /// Only defaults: for tests and for commands that need no configuration.
  static Config defaults();

  // Typed access by key. A key that is not in the table, or of another type, is a programming error; a
  // setting that cannot be used throws UnusableSetting.
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] bool boolean(std::string_view key) const;
  [[nodiscard]] long long integer(std::string_view key) const;
  [[nodiscard]] Millis duration(std::string_view key) const;
  [[nodiscard]] std::uint64_t bytes(std::string_view key) const;
  [[nodiscard]] std::uint16_t port(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
  [[nodiscard]] Secret secret(std::string_view key) const;

  [[nodiscard]] const ConfigValue& value(std::string_view key) const;
  /// The same without the throw, for those that show what is wrong.
  [[nodiscard]] const ConfigValue& peek(std::string_view key) const;
  /// Forgets what cannot be used, for a purpose that was found not to need it: the weaker values count.
  void settle();
  /// True when someone set it: the value does not come from the default.
  [[nodiscard]] bool is_set(std::string_view key) const;
  /// What may be shown of a value: the text, or the fingerprint of a secret ("set (sha256:...)", "not set").
  [[nodiscard]] std::string shown(std::string_view key) const;
  /// Every secret value in effect, and every text that stood in the place of one, to feed the redactor.
  [[nodiscard]] std::vector<Secret> secrets() const;
  /// Custom timeout profiles of exai.yaml (node `timeout_profiles`), null when absent.
  [[nodiscard]] const Node& timeout_profiles() const { return timeout_profiles_; }
  friend std::string config_digest(const Config& config);
  void set_timeout_profiles(Node node) { timeout_profiles_ = std::move(node); }

 private:
  std::map<std::string_view, ConfigValue> values_;
  std::vector<Secret> refused_secrets_;
  Node timeout_profiles_;
};

/// A configuration and what was found while its sources were read.
struct ConfigSources {
  Config config = Config::defaults();
  std::vector<Finding> findings{};
};

/// Tells one configuration from another: 16 hexadecimal digits of a digest over every value, unusable texts
/// included. It reveals nothing.
std::string config_digest(const Config& config);

/// Checks one text against a setting's type, form, range and choices; `invalid` with what was expected.
Result<void> check_value(const Setting& setting, std::string_view text);
/// The one spelling of a value: "true" for yes, on and 1, "5m" for 300 and 300s, choices as in the table,
/// list items without blanks around them, hosts in lower case. Whatever reads a setting reads this.
Result<std::string> canonical_value(const Setting& setting, std::string_view text);
/// "10MiB", "1500": the largest binary unit that says it exactly.
std::string format_exact_bytes(std::uint64_t value);
/// True for values such as "your_glm_key_here", "changeme", "<key>" that a template ships.
bool is_placeholder(std::string_view text);
/// The same for a setting whose template ships one: secrets, each item of a list of them, and URLs.
bool is_placeholder(const Setting& setting, std::string_view text);
/// Parses "16MiB", "10 MB", "4096".
Result<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace exai
