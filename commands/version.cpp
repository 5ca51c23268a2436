#include "core/version.hpp"

#include "commands/common.hpp"
#include "core/json.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

Result<Outcome> run_version(const Args&, Context& context) {
  std::string text = fmt::format("exai {}\n", version());
  std::string json = fmt::format("{{\"schema\":\"exai.version/1\",\"version\":{},\"date\":{}",
                                 quote_json(version()), quote_json(version_date()));
  if (context.globals.verbose > 0) {
    const std::string compiler = fmt::format("g++ {}", __VERSION__);
    text += fmt::format("date      {}\ncompiler  {}\ncommands  {}\nchecks    {}\n", version_date(), compiler,
                        Registered<cli::Command>::all().size(), Registered<Check>::all().size());
    json += fmt::format(",\"compiler\":{},\"commands\":{},\"checks\":{}", quote_json(compiler),
                        Registered<cli::Command>::all().size(), Registered<Check>::all().size());
  }
  return text_outcome(std::move(text), json + "}");
}

const Registered<cli::Command> k_version{cli::Command{.path = "version",
                                                      .group = "Help",
                                                      .summary = "the version, with -v how it was built",
                                                      .needs_config = false,
                                                      .waits = false,
                                                      .run = run_version}};

}  // namespace
}  // namespace exai::commands
