#include "cli/manpage.hpp"
#include "commands/common.hpp"
#include "core/text.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

Result<Outcome> write_all(const std::filesystem::path& folder, const Context& context) {
  Outcome outcome;
  outcome.table = cli::Table{{"page"}, {}};
  for (const cli::ManPage& page : cli::man_pages()) {
    const auto path = folder / page.file;
    if (!context.globals.dry_run)
      if (auto written = io::write_atomic(path, page.text); !written) return fail(written.error());
    outcome.table->rows.push_back({path.string()});
  }
  return outcome;
}

Result<Outcome> run_man(const Args& args, Context& context) {
  if (const auto folder = args.option("--dir")) return write_all(*folder, context);
  const std::string wanted = args.positional("PAGE", "exai.1");
  std::vector<std::string> known;
  for (const cli::ManPage& page : cli::man_pages()) {
    const std::string stem = page.file.substr(0, page.file.rfind('.'));
    if (page.file == wanted || stem == wanted || stem == "exai-" + wanted) return text_outcome(page.text);
    known.push_back(page.file);
  }
  const std::string near = did_you_mean(wanted, known);
  return fail(ErrorKind::usage, fmt::format("there is no page \"{}\"", printable(wanted)),
              near.empty() ? join(known, ", ") : near);
}

constexpr cli::Option k_man_options[] = {
    {.name = "--dir", .value = "DIR", .help = "write all pages into this folder", .values = "@files"}};
constexpr cli::Positional k_page[] = {
    {.name = "PAGE", .help = "exai.1, exai-check.1, exai.yaml.5 and so on"}};

const Registered<cli::Command> k_man{cli::Command{.path = "man",
                                                  .group = "Help",
                                                  .summary = "prints the man pages",
                                                  .options = k_man_options,
                                                  .positionals = k_page,
                                                  .effect = cli::Effect::writes,
                                                  .needs_config = false,
                                                  .waits = false,
                                                  .run = run_man}};

}  // namespace
}  // namespace exai::commands
