// Every setting stands once, in this table. Docs, template, completion, validation and the code read the row.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace exai {

enum class SettingType : std::uint8_t {
  text,
  boolean,   ///< true/false/1/0/yes/no/on/off
  integer,   ///< whole number
  duration,  ///< a number in `unit`, or "90s", "1m30s"
  bytes,     ///< a number, or "16MiB"
  port,      ///< 0 to 65535
  host,      ///< address or name
  url,       ///< http(s), ws(s), redis(s) or postgres URL
  path,
  list,    ///< comma-separated
  choice,  ///< one of `choices`
};

/// What the text of a setting is beyond its type. Forms that text alone decides are read by core/forms.hpp,
/// for the judge and for the user of the value alike; names and files are looked up by the judge of a whole
/// configuration.
enum class Form : std::uint8_t {
  plain,           ///< whatever the type takes
  usd,             ///< an amount of US dollars: "2.50"
  delays,          ///< durations, comma-separated; bare numbers are seconds
  drive_mappings,  ///< "C:/app", comma-separated
  host_patterns,   ///< hosts that Host and Origin may name, comma-separated
  http_url,        ///< http or https, usable for a request
  tools,           ///< names of tools, comma-separated
  models,          ///< names of models, comma-separated
  model,           ///< the name of a model
  profile,         ///< the name of a timeout profile
  file,            ///< a file that must be there
  folder,          ///< folders that must be there
  new_folder,      ///< a folder that is made when it is missing
  postgres_url,    ///< where a PostgreSQL database is, as its library reads it
  redis_url,       ///< redis, rediss or unix, usable for a connection
};

/// Who needs a setting: what nobody needs for a purpose cannot spoil it.
enum class Need : std::uint8_t {
  always,
  listeners,   ///< servers that listen; one on standard input has a single, trusted caller
  deployment,  ///< what stands around the server: Redis, Supabase, the host
};

struct Setting {
  std::string_view key{};  ///< YAML path and the name used in code: "ws.port"
  SettingType type = SettingType::text;
  std::string_view unit{};                ///< for numbers without a unit: "s", "bytes", ...
  std::string_view default_value{};       ///< written as a person would
  std::string_view min{}, max{};          ///< allowed range in the same writing; empty = open
  std::string_view choices{};             ///< "a|b|c"
  std::array<std::string_view, 5> env{};  ///< names in the environment, canonical first
  bool secret = false;
  std::string_view group{};  ///< heading in the manual
  std::string_view help{};   ///< one line
  Form form = Form::plain;
  Need need = Need::always;

  [[nodiscard]] std::string_view name() const { return key; }
  [[nodiscard]] std::string_view canonical_env() const { return env[0]; }
};

/// The table, in the order of the manual.
std::span<const Setting> settings();
/// The row of that key, or nullptr.
const Setting* find_setting(std::string_view key);
/// What an operator writes to set it ("EXAI_WORKFLOWS_DIR"), for messages; the key itself when nothing has
/// that key.
std::string_view setting_name(std::string_view key);
/// The row that an environment name (canonical or alias) stands for, or nullptr.
const Setting* find_setting_by_env(std::string_view env);

/// A name that the original documents carry and exai does not read, with the reason. Reported by
/// `validate env`, so that nobody believes in a knob that turns nothing.
struct RetiredName {
  std::string_view name;
  std::string_view reason;
};
const RetiredName* find_retired(std::string_view env);

/// `.env.example` and the settings pages, generated from the table.
std::string_view to_string(SettingType type);

}  // namespace exai
