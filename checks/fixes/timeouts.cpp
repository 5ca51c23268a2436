// fixes.timeouts: whether the running server works with the timeouts of the settings.
#include "core/timeouts.hpp"

#include "checks/fixes/exported.hpp"
#include "checks/measure/own_server.hpp"
#include "core/json.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_fixes_timeouts(const CheckContext& context) {
  const auto status = page_text(context, "/status");
  if (!status) return check_unknown(status.error());
  const auto profile = timeouts::find_profile(context.config, context.config.text("timeouts.profile"));
  if (!profile) return check_unknown(profile.error());
  const auto wanted = timeouts::resolve(context.config, *profile);
  if (!wanted) return check_unknown(wanted.error());
  for (const auto& [layer, value] : wanted->layers) {
    const auto shown = json_at(*status, fmt::format("timeouts.{}", timeouts::to_string(layer)));
    if (!shown) return not_exported(fmt::format("the timeout {} in /status", timeouts::to_string(layer)));
    if (*shown != format_duration(value.value))
      return check_fail(fmt::format("the running server works with {} = {}, the settings say {}",
                                    timeouts::to_string(layer), *shown, format_duration(value.value)),
                        "exai reload");
  }
  return check_pass(
      fmt::format("all {} layers of the running server are those of the settings", wanted->layers.size()));
}

const Registered<Check> k_fixes_timeouts{
    Check{.id = "fixes.timeouts",
          .title = "the running server works with the timeouts of the settings",
          .tags = "fixes,daily",
          .help = "/status shows the layers that calls really get; they must be those of "
                  "the one hierarchy.",
          .cost = Cost::network,
          .run = run_fixes_timeouts}};

}  // namespace
}  // namespace exai::checks
