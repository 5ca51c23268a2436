#include "core/config.hpp"

#include "core/text.hpp"

#include <cassert>

#include <fmt/core.h>

namespace exai {
namespace config_build {

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

// Switches of the program itself, read before the configuration (design: cli C.2).
bool program_switch(std::string_view name) {
  constexpr std::string_view k_names[] = {"EXAI_ROOT",   "EXAI_CONFIG",  "EXAI_PROFILE",
                                          "EXAI_OUTPUT", "EXAI_TIMEOUT", "EXAI_NO_INPUT"};
  return std::find(std::begin(k_names), std::end(k_names), name) != std::end(k_names);
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
  const bool file_key = !by_env_name(layer.kind);
  findings.push_back({file_key ? Status::fail : Status::warn, "settings.unknown",
                      fmt::format("{} is no setting of exai", raw.name), place(origin),
                      near.empty() ? "exai config show lists all settings" : near});
}

void report_bad_value(const Setting& setting, const Origin& origin, const Error& error,
                      std::vector<Finding>& findings) {
  findings.push_back({Status::fail, "settings.value", fmt::format("{}: {}", origin.name, error.message),
                      place(origin),
                      error.hint.empty() ? fmt::format("expected {}", to_string(setting.type)) : error.hint});
}

// Two names of one setting in one layer must agree; the canonical one wins (facts: operations 7, pain point
// 9).
void report_disagreement(const ConfigValue& value, const Origin& other, std::vector<Finding>& findings) {
  findings.push_back(
      {Status::fail, "settings.aliases",
       fmt::format("{} and {} are the same setting and disagree", value.origin.name, other.name),
       place(other), fmt::format("keep {} only", value.setting->canonical_env())});
}

int rank(const Setting& setting, std::string_view name) {
  for (std::size_t i = 0; i < setting.env.size(); ++i)
    if (setting.env[i] == name) return static_cast<int>(i);
  return 0;
}

void apply(ConfigValue& value, const Origin& origin, const std::string& text,
           std::vector<Finding>& findings) {
  const Setting& setting = *value.setting;
  const bool same_layer = value.origin.kind == origin.kind && value.origin.source == origin.source &&
                          origin.kind != OriginKind::standard;
  const bool other_name = value.origin.name != origin.name;
  if (same_layer && other_name && value.text != text) {
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
}

}  // namespace config_build

std::string to_string(const Origin& origin) {
  switch (origin.kind) {
    case OriginKind::standard:
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
  Config config;
  for (const Setting& setting : settings()) {
    ConfigValue value;
    value.setting = &setting;
    value.text = setting.standard;
    config.values_.emplace(setting.key, std::move(value));
  }
  return config;
}

Config Config::build(const std::vector<ConfigLayer>& layers, std::vector<Finding>& findings) {
  using namespace config_build;
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
      const std::string text(trim(raw.value));
      if (text.empty()) continue;  // KEY= leaves the setting as it is, as docker and systemd users expect
      if (is_placeholder(text) && (setting->secret || setting->type == SettingType::url)) {
        findings.push_back({Status::fail, "settings.placeholder",
                            fmt::format("{} still holds the template's placeholder", raw.name), place(origin),
                            fmt::format("put the real value there, or leave {} empty", raw.name)});
        continue;
      }
      if (const Result<void> fits = check_value(*setting, text); !fits) {
        report_bad_value(*setting, origin, fits.error(), findings);
        continue;
      }
      apply(config.values_.at(setting->key), origin, text, findings);
    }
  }
  return config;
}

const ConfigValue& Config::value(std::string_view key) const {
  const auto found = values_.find(key);
  assert(found != values_.end() && "a setting that is not in the table");
  return found->second;
}

const std::string& Config::text(std::string_view key) const {
  return value(key).text;
}

bool Config::boolean(std::string_view key) const {
  const std::string word = to_lower(text(key));
  return word == "true" || word == "1" || word == "yes" || word == "on";
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
  return value(key).origin.kind != OriginKind::standard;
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
  return all;
}

}  // namespace exai
