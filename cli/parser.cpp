#include "cli/parser.hpp"

#include <deque>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

namespace exai::cli {
namespace {

std::string names_of(const Option& option) {
  std::string names(option.name);
  if (option.letter != 0) names = fmt::format("-{},{}", option.letter, option.name);
  return names;
}

/// One option of ours beside what CLI11 collects for it.
struct Slot {
  const Option* option = nullptr;
  std::vector<std::string> values;
  int count = 0;
};

Error usage_error(const CLI::ParseError& error, const std::vector<const Option*>& options) {
  const std::string what = error.what();
  const std::string_view name = std::string_view(what).substr(0, what.find(':'));
  for (const Option* option : options) {
    if (option->name != name) continue;
    if (option->value.empty())
      return make_error(ErrorKind::usage, fmt::format("{} takes no value", option->name),
                        fmt::format("write {} alone", option->name));
    return make_error(ErrorKind::usage, fmt::format("{} needs a value", option->name),
                      fmt::format("{} {}: {}", option->name, option->value, option->help));
  }
  return make_error(ErrorKind::usage, fmt::format("cannot read the command line: {}", what), "exai help");
}

}  // namespace

Result<Tokens> tokenize(const std::vector<const Option*>& options, const std::vector<std::string>& words) {
  Tokens tokens;
  try {
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    std::deque<Slot> slots;
    for (const Option* option : options) {
      Slot& slot = slots.emplace_back();
      slot.option = option;
      if (option->value.empty())
        app.add_flag_function(names_of(*option), [&slot](std::int64_t count) { slot.count = int(count); });
      else if (option->optional_value())
        app.add_option(names_of(*option), slot.values)->expected(0, 1)->allow_extra_args(false);
      else
        app.add_option(names_of(*option), slot.values)->allow_extra_args(false);
    }
    app.add_option("words", tokens.words);
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(reversed);
    tokens.unknown = app.remaining();
    for (Slot& slot : slots) {
      if (slot.count > 0) slot.values.assign(std::size_t(slot.count), "");
      if (!slot.values.empty()) tokens.options[std::string(slot.option->name)] = std::move(slot.values);
    }
  } catch (const CLI::ParseError& error) {
    return fail(usage_error(error, options));
  } catch (const std::exception& error) {
    return fail(ErrorKind::internal,
                fmt::format("the command's options cannot be declared: {}", error.what()));
  }
  return tokens;
}

}  // namespace exai::cli
