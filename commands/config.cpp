#include "commands/common.hpp"
#include "commands/template.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

Result<const Setting*> setting_named(const std::string& name) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr) setting = find_setting_by_env(name);
  if (setting != nullptr) return setting;
  std::vector<std::string> known;
  for (const Setting& each : settings()) known.emplace_back(each.key);
  const std::string near = did_you_mean(name, known);
  return fail(ErrorKind::usage, fmt::format("there is no setting \"{}\"", printable(name)),
              near.empty() ? "exai config show --all" : near);
}

std::string overridden(const ConfigValue& value) {
  std::vector<std::string> parts;
  for (const auto& [origin, text] : value.overrode)
    parts.push_back(value.setting->secret ? to_string(origin)
                                          : fmt::format("{} ({})", to_string(origin), text));
  return join(parts, ", ");
}

Result<Outcome> show_config(const Args& args, Context& context) {
  std::vector<const Setting*> wanted;
  for (const std::string& key : args.positional_all("KEY")) {
    const auto setting = setting_named(key);
    if (!setting) return fail(setting.error());
    wanted.push_back(*setting);
  }
  const bool all = args.has("--all");
  if (wanted.empty())
    for (const Setting& setting : settings())
      if (const ConfigValue& value = context.config.peek(setting.key);
          all || value.unusable || !value.text.empty())
        wanted.push_back(&setting);
  Outcome outcome;
  outcome.table = cli::Table{{"key", "value"}, {}};
  const bool origin = args.has("--origin");
  if (origin) outcome.table->columns.insert(outcome.table->columns.end(), {"origin", "overrode"});
  for (const Setting* setting : wanted) {
    const ConfigValue& value = context.config.peek(setting->key);
    if (value.unusable) {
      outcome.code = ExitCode::config;
      std::vector<std::string> row{std::string(setting->key), "cannot be used: " + value.unusable->message};
      if (origin)
        row.insert(row.end(),
                   {value.unusable->where ? to_string(*value.unusable->where) : "environment", ""});
      outcome.table->rows.push_back(std::move(row));
      continue;
    }
    std::vector<std::string> row{std::string(setting->key), context.config.shown(setting->key)};
    if (origin) row.insert(row.end(), {to_string(value.origin), overridden(value)});
    outcome.table->rows.push_back(std::move(row));
  }
  return outcome;
}

Result<Outcome> get_setting(const Args& args, Context& context) {
  const auto setting = setting_named(args.positional("KEY"));
  if (!setting) return fail(setting.error());
  const std::string shown = context.config.shown((*setting)->key);
  return text_outcome(shown + "\n",
                      fmt::format("{{\"schema\":\"exai.setting/1\",\"key\":{},\"value\":{},\"origin\":{}}}",
                                  quote_json((*setting)->key), quote_json(shown),
                                  quote_json(to_string(context.config.value((*setting)->key).origin))));
}

Result<Outcome> path(const Args&, Context& context) {
  Outcome outcome;
  outcome.table = cli::Table{{"what", "path"}, {{"root", context.root.string()}}};
  auto& rows = outcome.table->rows;
  if (context.config_file) rows.push_back({"config", context.config_file->string()});
  for (const auto& file : context.env_files) rows.push_back({"env", file.string()});
  for (const auto& [what, key] : {std::pair{"logs", "log.dir"}, std::pair{"state", "server.state_dir"}})
    rows.push_back({what, path_setting(context, key).string()});
  return outcome;
}

Result<Outcome> print_template(const Args& args, Context&) {
  return text_outcome(args.has("--yaml") ? yaml_template() : env_template());
}

constexpr cli::Option k_show_options[] = {
    {.name = "--origin", .help = "where each value comes from and what it overrode"},
    {.name = "--all", .help = "also settings without a value"}};
constexpr cli::Option k_template_options[] = {
    {.name = "--yaml", .help = "an exai.yaml instead of an env file"}};
constexpr cli::Positional k_keys[] = {
    {.name = "KEY", .help = "settings, by key or environment name", .values = "@settings", .repeat = true}};
constexpr cli::Positional k_key[] = {{.name = "KEY",
                                      .help = "a setting, by key or environment name",
                                      .values = "@settings",
                                      .required = true}};

const Registered<cli::Command> k_config_show{cli::Command{.path = "config show",
                                                          .group = "Inspect",
                                                          .summary = "the settings in effect",
                                                          .options = k_show_options,
                                                          .positionals = k_keys,
                                                          .waits = false,
                                                          .run = show_config}};
const Registered<cli::Command> k_config_get{cli::Command{.path = "config get",
                                                         .group = "Inspect",
                                                         .summary = "one value alone, for scripts",
                                                         .positionals = k_key,
                                                         .waits = false,
                                                         .run = get_setting}};
const Registered<cli::Command> k_path{cli::Command{.path = "config path",
                                                   .group = "Inspect",
                                                   .summary = "root, files and folders in use",
                                                   .waits = false,
                                                   .run = path}};
const Registered<cli::Command> k_template{
    cli::Command{.path = "config template",
                 .group = "Inspect",
                 .summary = "an env file or exai.yaml with every setting and its default",
                 .options = k_template_options,
                 .needs_config = false,
                 .waits = false,
                 .run = print_template}};

}  // namespace
}  // namespace exai::commands
