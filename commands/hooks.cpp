// What the command line needs from io, handed over as one record.
#include "cli/app.hpp"
#include "commands/common.hpp"
#include "io/config_source.hpp"
#include "io/files.hpp"
#include "io/guard.hpp"

namespace exai::commands {
namespace {

Result<cli::Loaded> load_for_cli(const cli::Globals& globals, const cli::FlagSettings& flags,
                                 const cli::Loaded* before) {
  io::ConfigRequest request;
  request.config_file = globals.config_file;
  request.env_files = globals.env_files;
  request.root = globals.root;
  request.profile = globals.profile;
  if (globals.timeout) request.deadline = Deadline::after(*globals.timeout);
  if (before != nullptr) request.streams = before->streams;
  for (const auto& [key, value] : flags) request.flags.push_back({key, value, 0});
  auto found = io::load_config(request);
  if (!found) return fail(std::move(found).error());
  return cli::Loaded{.config = std::move(found->config),
                     .findings = std::move(found->findings),
                     .root = std::move(found->root),
                     .file = std::move(found->file),
                     .env_files = std::move(found->env_files),
                     .profile = std::move(found->profile),
                     .streams = std::move(found->streams)};
}

const Registered<cli::AppHooks> k_hooks{cli::AppHooks{.id = "exai",
                                                      .load = load_for_cli,
                                                      .write_file = io::write_output,
                                                      .save = save_run,
                                                      .set_dry_run = io::set_dry_run}};

}  // namespace
}  // namespace exai::commands
