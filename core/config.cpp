#include "core/config.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"

#include <cassert>

#include <fmt/core.h>

namespace exai {
namespace {

bool by_env_name(OriginKind kind) {
  return kind == OriginKind::env_file || kind == OriginKind::environment;
}

std::vector<std::string> known_names(bool env) {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) {
    if (!env) names.emplace_back(setting.key);
    for (std::string_view name : setting.env)
      if (env && !name.empty()) names.emplace_back(name);
  }
  return names;
}

std::optional<Location> place(const Origin& origin) {
  if (origin.source.empty()) return std::nullopt;
  return Location{origin.source, origin.line, 0};
}

// The process environment holds much that is not ours: there only names with our prefix are judged.
bool foreign(OriginKind kind, std::string_view name) {
  return kind == OriginKind::environment && !name.starts_with("EXAI_");
}

// Switches of the program itself, read before the configuration.
bool program_switch(std::string_view name) {
  constexpr std::string_view k_names[] = {"EXAI_ROOT",   "EXAI_CONFIG",  "EXAI_PROFILE",
                                          "EXAI_OUTPUT", "EXAI_TIMEOUT", "EXAI_NO_INPUT"};
  return std::find(std::begin(k_names), std::end(k_names), name) != std::end(k_names);
}

/// A name of ours that is misspelt may be the one that restricts access; one of another program is its own
/// affair.
Status severity_of_unknown(const ConfigLayer& layer, std::string_view name, bool near) {
  if (!by_env_name(layer.kind)) return Status::fail;
  return near && name.starts_with("EXAI_") ? Status::fail : Status::warn;
}

void report_unknown(const ConfigLayer& layer, const RawSetting& raw, std::vector<Finding>& findings) {
  if (foreign(layer.kind, raw.name) || program_switch(raw.name)) return;
  const Origin origin{layer.kind, layer.source, raw.line, raw.name};
  if (const RetiredName* retired = find_retired(raw.name)) {
    findings.push_back({Status::warn, "settings.retired",
                        fmt::format("{} turns nothing: {}", raw.name, retired->reason), place(origin),
                        "remove the line"});
    return;
  }
  const std::string near = did_you_mean(raw.name, known_names(by_env_name(layer.kind)));
  findings.push_back({severity_of_unknown(layer, raw.name, !near.empty()), "settings.unknown",
                      fmt::format("{} is not a setting of exai", printable(raw.name)), place(origin),
                      near.empty() ? "exai config show lists all settings" : near});
}

// Two names of one setting in one layer must agree; the canonical one wins.
void report_disagreement(const ConfigValue& value, const Origin& other, std::vector<Finding>& findings) {
  findings.push_back(
      {Status::fail, "settings.aliases",
       fmt::format("{} and {} are the same setting and disagree", value.origin.name, other.name),
       place(other), fmt::format("keep {} only", value.setting->canonical_env()),
       std::string(value.setting->key)});
}

/// One key twice in a file, as "ws.port" and as "port" below "ws".
void report_double(const ConfigValue& value, const Origin& other, bool same, std::vector<Finding>& findings) {
  findings.push_back({same ? Status::warn : Status::fail, "settings.twice",
                      fmt::format("{} stands twice: here and at line {}", other.name, value.origin.line),
                      place(other), "keep one", std::string(value.setting->key)});
}

/// The text cannot be used. Nothing weaker may answer in its place without a word.
void refuse(ConfigValue& value, const Origin& origin, std::string_view rule, const Error& error,
            std::vector<Finding>& findings) {
  Error why = make_error(ErrorKind::config, fmt::format("{}: {}", origin.name, error.message), error.hint);
  if (why.hint.empty()) why.hint = fmt::format("expected {}", to_string(value.setting->type));
  why.where = place(origin);
  findings.push_back(
      {Status::fail, std::string(rule), why.message, why.where, why.hint, std::string(value.setting->key)});
  value.unusable = std::move(why);
}

/// The text in its one spelling, or what is wrong with it and the rule that says so.
struct Judged {
  std::string rule;
  Result<std::string> text;
};
Judged judge_text(const Setting& setting, const RawSetting& raw, std::string_view text) {
  if (!raw.problem.empty()) return {"settings.value", fail(ErrorKind::invalid, raw.problem)};
  if (raw.is_list && setting.type != SettingType::list)
    return {"settings.value", fail(ErrorKind::invalid, "is a list where one value is expected")};
  if (is_placeholder(setting, text))
    return {"settings.placeholder",
            fail(ErrorKind::invalid, "still holds the template's placeholder",
                 fmt::format("put the real value there, or leave {} empty", raw.name))};
  return {"settings.value", canonical_value(setting, text)};
}

int rank(const Setting& setting, std::string_view name) {
  for (std::size_t i = 0; i < setting.env.size(); ++i)
    if (setting.env[i] == name) return static_cast<int>(i);
  return 0;
}

bool same_layer(const Origin& a, const Origin& b) {
  return a.kind == b.kind && a.source == b.source && b.kind != OriginKind::default_value;
}

void apply(ConfigValue& value, const Origin& origin, const std::string& text,
           std::vector<Finding>& findings) {
  const Setting& setting = *value.setting;
  const bool twice = same_layer(value.origin, origin);
  if (twice && value.origin.name == origin.name && origin.kind != OriginKind::flag)
    report_double(value, origin, value.text == text, findings);
  if (twice && value.origin.name != origin.name && value.text != text) {
    const bool canonical_first = rank(setting, value.origin.name) <= rank(setting, origin.name);
    if (canonical_first) {
      report_disagreement(value, origin, findings);
      return;
    }
    ConfigValue newer = value;
    newer.origin = origin;
    report_disagreement(newer, value.origin, findings);
  }
  value.overrode.insert(value.overrode.begin(), {value.origin, value.text});
  value.origin = origin;
  value.text = text;
  value.unusable.reset();  // a weaker source's
}

}  // namespace

std::string to_string(const Origin& origin) {
  switch (origin.kind) {
    case OriginKind::default_value:
      return "default";
    case OriginKind::flag:
      return "flag " + origin.name;
    case OriginKind::environment:
      return "environment " + origin.name;
    case OriginKind::file:
    case OriginKind::profile:
    case OriginKind::env_file:
      return fmt::format("{} {}", to_string(Location{origin.source, origin.line, 0}), origin.name);
  }
  return "default";
}

Config Config::defaults() {
  static const Config made = [] {
    Config config;
    for (const Setting& setting : settings()) {
      ConfigValue value;
      value.setting = &setting;
      value.text =
          canonical_value(setting, setting.default_value).value_or(std::string(setting.default_value));
      config.values_.emplace(setting.key, std::move(value));
    }
    return config;
  }();
  return made;
}

Config Config::build(const std::vector<ConfigLayer>& layers, std::vector<Finding>& findings) {
  Config config = defaults();
  for (const ConfigLayer& layer : layers) {
    for (const RawSetting& raw : layer.entries) {
      const Setting* setting =
          by_env_name(layer.kind) ? find_setting_by_env(raw.name) : find_setting(raw.name);
      if (setting == nullptr) {
        report_unknown(layer, raw, findings);
        continue;
      }
      const Origin origin{layer.kind, layer.source, raw.line, raw.name};
      const std::string_view text = trim(raw.value);
      if (text.empty() && raw.problem.empty())
        continue;  // KEY= leaves the setting as it is, as docker and systemd users expect
      ConfigValue& value = config.values_.at(setting->key);
      const Judged judged = judge_text(*setting, raw, text);
      if (judged.text) {
        apply(value, origin, *judged.text, findings);
        continue;
      }
      if (setting->secret) config.refused_secrets_.emplace_back(std::string(text));
      refuse(value, origin, judged.rule, judged.text.error(), findings);
    }
  }
  return config;
}

const ConfigValue& Config::peek(std::string_view key) const {
  const auto found = values_.find(key);
  assert(found != values_.end() && "a setting that is not in the table");
  return found->second;
}

const ConfigValue& Config::value(std::string_view key) const {
  const ConfigValue& found = peek(key);
  if (found.unusable) throw UnusableSetting(*found.unusable);
  return found;
}

void Config::settle() {
  for (auto& [key, found] : values_) found.unusable.reset();
}

const std::string& Config::text(std::string_view key) const {
  return value(key).text;
}

bool Config::boolean(std::string_view key) const {
  return text(key) == "true";
}

long long Config::integer(std::string_view key) const {
  return std::strtoll(text(key).c_str(), nullptr, 10);
}

Millis Config::duration(std::string_view key) const {
  const ConfigValue& found = value(key);
  return parse_duration(found.text, found.setting->unit).value_or(Millis{0});
}

std::uint64_t Config::bytes(std::string_view key) const {
  return parse_bytes(text(key)).value_or(0);
}

std::uint16_t Config::port(std::string_view key) const {
  return static_cast<std::uint16_t>(integer(key));
}

std::vector<std::string> Config::list(std::string_view key) const {
  return split(text(key), ',');
}

Secret Config::secret(std::string_view key) const {
  return Secret(text(key));
}

bool Config::is_set(std::string_view key) const {
  return value(key).origin.kind != OriginKind::default_value;
}

std::string Config::shown(std::string_view key) const {
  const ConfigValue& found = value(key);
  if (found.text.empty()) return "not set";
  if (!found.setting->secret) return found.text;
  return fmt::format("set ({})", Secret(found.text).fingerprint());
}

std::vector<Secret> Config::secrets() const {
  std::vector<Secret> all;
  for (const auto& [key, found] : values_) {
    if (!found.setting->secret || found.text.empty()) continue;
    if (found.setting->type == SettingType::list)
      for (std::string& part : split(found.text, ',')) all.emplace_back(std::move(part));
    else
      all.emplace_back(found.text);
  }
  for (const Secret& text : refused_secrets_) all.push_back(text);
  return all;
}

std::string config_digest(const Config& config) {
  std::string all;
  for (const auto& [key, found] : config.values_) {
    all += fmt::format("{}={}\n", key, found.text);
    if (found.unusable) all += fmt::format("unusable {}\n", found.unusable->message);
  }
  constexpr std::size_t k_digits = 16;
  return sha256_hex(all).substr(0, k_digits);
}

}  // namespace exai
