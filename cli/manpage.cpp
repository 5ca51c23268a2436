#include "cli/manpage.hpp"

#include "cli/command_line.hpp"
#include "cli/help.hpp"
#include "cli/output/writer.hpp"
#include "cli/roff.hpp"
#include "cli/texts.hpp"
#include "core/settings.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::cli {
namespace {

using Commands = std::vector<const Command*>;

Commands visible() {
  Commands all = Registered<Command>::all();
  std::erase_if(all, [](const Command* command) { return command->hidden; });
  return all;
}

std::string manpage_option_text(const Option& option) {
  std::string text(option.help);
  if (const auto allowed = choices(option.values); !allowed.empty())
    text += fmt::format("; one of {}", join(allowed, ", "));
  if (!option.default_value.empty()) text += fmt::format(". Default: {}", option.default_value);
  return text;
}

void write_command(Roff& page, const Command& command) {
  page.subsection(usage(command)).text(command.summary);
  const CommandText explained = command_text(command.path);
  page.text(explained.text);
  if (!command.alias.empty()) page.text(fmt::format("Also: exai {}", command.alias));
  for (const Positional& positional : command.positionals) {
    const auto allowed = choices(positional.values);
    page.item(positional.name, allowed.empty()
                                   ? std::string(positional.help)
                                   : fmt::format("{}; one of {}", positional.help, join(allowed, ", ")));
  }
  for (const Option& option : command.options) page.item(option_label(option), manpage_option_text(option));
  for (const Example& example : explained.examples) page.verbatim(example.line).text(example.what);
}

ManPage noun_page(const std::string& name, const Commands& commands) {
  const bool single = commands.size() == 1;
  std::vector<std::string> verbs;
  for (const Command* command : commands) verbs.emplace_back(verb(command->path));
  const std::string what =
      single ? std::string(commands[0]->summary) : fmt::format("{} {}", name, join(verbs, ", "));
  Roff page("exai-" + name, 1, what);
  page.section("Synopsis");
  for (const Command* command : commands) page.line(usage(*command));
  page.section("Description");
  for (const Command* command : commands) write_command(page, *command);
  page.section("Exit status").text("See exai-exit-codes(7).");
  page.section("See also").text("exai(1), exai.yaml(5)");
  return {fmt::format("exai-{}.1", name), std::move(page).page()};
}

ManPage main_page() {
  Roff page("exai", 1, "an MCP server and the tools to operate it");
  page.section("Synopsis").line("exai COMMAND [ARG...] [flags]");
  page.section("Description").text(manual_text("exai.1"));
  page.section("Commands");
  for (const std::string_view group : groups()) {
    page.subsection(group);
    for (const Command* command : visible())
      if (command->group == group) page.item(fmt::format("exai {}", command->path), command->summary);
  }
  page.section("Flags of every command");
  for (const Option& option : global_options()) page.item(option_label(option), manpage_option_text(option));
  page.section("Output formats");
  for (const Writer* writer : Registered<Writer>::all()) page.item(writer->format, writer->help);
  page.section("Exit status").text("0 for success; the others are in exai-exit-codes(7).");
  page.section("Files")
      .item("exai.yaml",
            "settings, see exai.yaml(5): --config, EXAI_CONFIG, the root, the user's and the system's "
            "folder; the first found")
      .item(".env", "settings and secrets by their environment names, mode 0600")
      .item("logs/mcp_server.log, logs/mcp_activity.log",
            "what the server says and which calls it answered, JSON lines")
      .item("state/", "database and lock of the running server");
  std::string others;
  std::string_view last;
  for (const Command* command : visible())
    if (noun(command->path) != last) {
      last = noun(command->path);
      others += fmt::format("exai-{}(1), ", last);
    }
  page.section("See also").text(others + "exai.yaml(5), exai-runbook(5), exai-exit-codes(7)");
  return {"exai.1", std::move(page).page()};
}

std::string setting_text(const Setting& setting) {
  std::string text = fmt::format("{}. Type: {}", setting.help, to_string(setting.type));
  if (!setting.choices.empty()) text += fmt::format(" ({})", join(split(setting.choices, '|'), ", "));
  if (!setting.default_value.empty()) text += fmt::format(". Default: {}", setting.default_value);
  if (!setting.min.empty() && !setting.max.empty())
    text += fmt::format(". Range: {} to {}", setting.min, setting.max);
  std::vector<std::string> names;
  for (const std::string_view name : setting.env)
    if (!name.empty()) names.emplace_back(name);
  if (!names.empty()) text += fmt::format(". Environment: {}", join(names, ", "));
  if (setting.secret) text += ". Secret: belongs into the environment or an env file, not into exai.yaml";
  return text;
}

ManPage settings_page() {
  Roff page("exai.yaml", 5, "settings of exai");
  page.section("Description").text(manual_text("exai.yaml.5"));
  page.section("Example").verbatim("ws:\n  port: 8079\ntimeouts:\n  workflow: 300s\nlog:\n  level: INFO");
  std::string_view group;
  for (const Setting& setting : settings()) {
    if (setting.group != group) page.section(setting.group);
    group = setting.group;
    page.item(setting.key, setting_text(setting));
  }
  page.section("See also").text("exai(1), exai-config(1), exai-validate(1)");
  return {"exai.yaml.5", std::move(page).page()};
}

constexpr std::string_view k_runbook_example = R"(id: morning
title: Morning round
cadence: daily
version: "1"
date: 2026-11-21
groups:
  - name: server
    steps:
      - {id: ports, title: ports accept connections, source: own, check: ports.listening}
      - {id: config, title: settings, source: own, command: validate config}
      - {id: look, title: look at the dashboard, source: own, human: open the dashboard})";

ManPage runbook_page() {
  Roff page("exai-runbook", 5, "runbooks of exai");
  page.section("Description").text(manual_text("exai-runbook.5"));
  page.section("Example").verbatim(k_runbook_example);
  page.section("Keys of a step")
      .item("id", "unique in the runbook")
      .item("title", "what a person reads")
      .item("check", "id of a check, see exai check list")
      .item("command", "words after exai; its verdict is read from its JSON report")
      .item("human", "a task for a person; the run ends with 5 while it is outstanding")
      .item("source", "the document and line that the step stands for, or why it is there")
      .item("timeout", "a duration; none means the check's own");
  page.section("See also").text("exai-runbook(1), exai-check(1), exai-exit-codes(7)");
  return {"exai-runbook.5", std::move(page).page()};
}

ManPage exit_codes_page() {
  Roff page("exai-exit-codes", 7, "what the exit codes of exai mean");
  page.section("Description").text(manual_text("exai-exit-codes.7"));
  page.section("Codes");
  for (const ExitCodeRow& row : exit_code_table())
    page.item(fmt::format("{} {}", int(row.code), row.name), row.when);
  page.section("Several outcomes").text(manual_text("several outcomes"));
  page.section("See also").text("exai(1)");
  return {"exai-exit-codes.7", std::move(page).page()};
}

}  // namespace

std::vector<ManPage> man_pages() {
  std::vector<ManPage> pages{main_page()};
  const auto all = visible();
  for (std::size_t begin = 0; begin < all.size();) {
    const std::string name(noun(all[begin]->path));
    Commands same;
    while (begin < all.size() && noun(all[begin]->path) == name) same.push_back(all[begin++]);
    pages.push_back(noun_page(name, same));
  }
  pages.push_back(settings_page());
  pages.push_back(runbook_page());
  pages.push_back(exit_codes_page());
  return pages;
}

}  // namespace exai::cli
