#include "core/version.hpp"

#include "tools/envelope.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>

namespace exai::tools {
namespace {

std::string platform() {
  utsname name{};
  if (::uname(&name) != 0) return "unknown";
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

Result<engine::CallAnswer> run_version(const Json& /*arguments*/, engine::CallContext& context) {
  Envelope envelope;
  envelope.content_type = "markdown";
  envelope.content = fmt::format("# exai {}\n\n- date of this version: {}\n- platform: {}\n- tools: {}\n",
                                 version(), version_date(), platform(), context.server().tools().size());
  envelope.metadata = {{"tool_name", "version"},
                       {"server_version", version()},
                       {"last_updated", version_date()},
                       {"platform", platform()}};
  return enveloped(std::move(envelope));
}

const Registered<Tool> k_version{Tool{.id = "version",
                                      .title = "Version",
                                      .description = "Version of the server and what it runs on.",
                                      .work = engine::Work::inline_,
                                      .run = &run_version}};

}  // namespace
}  // namespace exai::tools
