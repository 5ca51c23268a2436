#include "commands/confirm.hpp"

#include "core/text.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::commands {
namespace {

bool may_ask(const Context& context) {
  return context.streams.input_terminal && context.streams.err.terminal && !context.globals.no_input;
}

/// One line from the terminal, trimmed; what is longer than a name is not an answer.
std::string asked(const Context& context, const std::string& question) {
  context.streams.err.write(question + " ");
  std::fflush(context.streams.err.file);
  std::array<char, 256> line{};
  if (std::fgets(line.data(), line.size(), stdin) == nullptr) return {};
  return std::string(trim(line.data()));
}

}  // namespace

Result<void> confirm(const Context& context, const std::string& question) {
  if (context.globals.yes) return {};
  if (!may_ask(context))
    return fail(ErrorKind::refused, fmt::format("not confirmed: {}", question), "add --yes");
  const std::string answer = to_lower(asked(context, question + " [y/N]"));
  if (answer == "y" || answer == "yes") return {};
  return fail(ErrorKind::refused, "not confirmed, nothing was done", "answer y, or add --yes");
}

Result<void> confirm_by_name(const Args& args, const Context& context, const std::string& question,
                             const std::string& name) {
  const std::string hint = fmt::format("add --confirm {}", name);
  if (const auto given = args.option("--confirm")) {
    if (*given == name) return {};
    return fail(ErrorKind::refused, fmt::format("--confirm says \"{}\", not \"{}\"", printable(*given), name),
                hint);
  }
  if (!may_ask(context)) return fail(ErrorKind::refused, fmt::format("not confirmed: {}", question), hint);
  if (asked(context, fmt::format("{} Type {} to go on:", question, name)) == name) return {};
  return fail(ErrorKind::refused, "not confirmed, nothing was done", hint);
}

}  // namespace exai::commands
