// self.tables: whether this binary is whole.
#include "core/check.hpp"
#include "core/timeouts.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::checks {
namespace {

struct TimeoutVector {
  long long workflow;
  long long daemon, shim, client;  // milliseconds, profile runbook
};
// Values that were computed by hand from the rules of each profile.
constexpr std::array<TimeoutVector, 4> k_timeout_vectors{{{45'000, 67'500, 90'000, 112'500},
                                                          {300'000, 450'000, 600'000, 750'000},
                                                          {180'000, 270'000, 360'000, 450'000},
                                                          {120'000, 180'000, 240'000, 300'000}}};

Result<void> timeout_vectors_hold() {
  for (const TimeoutVector& vector : k_timeout_vectors) {
    std::vector<Finding> findings;
    const Config config = Config::build(
        {{OriginKind::flag, "", {{"timeouts.workflow", fmt::format("{}ms", vector.workflow), 0}}}}, findings);
    const auto values =
        timeouts::find_profile(config, "runbook").and_then([&](const timeouts::Profile& profile) {
          return timeouts::resolve(config, profile);
        });
    if (!values) return fail(values.error());
    using enum timeouts::Layer;
    const bool right = (*values)[daemon].count() == vector.daemon && (*values)[shim].count() == vector.shim &&
                       (*values)[client].count() == vector.client;
    if (!right)
      return fail(ErrorKind::internal,
                  fmt::format("the timeout arithmetic is wrong for a workflow of {} ms", vector.workflow));
  }
  return {};
}

Result<void> settings_table_holds() {
  for (const Setting& setting : settings()) {
    if (setting.help.empty() || setting.canonical_env().empty())
      return fail(ErrorKind::internal, fmt::format("setting {} has no help or no name", setting.key));
    if (const auto fits = check_value(setting, setting.default_value); !fits)
      return fail(ErrorKind::internal,
                  fmt::format("the default of {} does not fit its own row", setting.key));
  }
  return {};
}

CheckResult run_self_tables(const CheckContext&) {
  for (const Result<void>& part : {timeout_vectors_hold(), settings_table_holds()})
    if (!part) return check_fail(part.error().message, "this binary is broken: install it anew");
  const std::vector<const Check*>& checks = Registered<Check>::all();
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const Check& check = *checks[i];
    if (check.run == nullptr || check.title.empty() || check.help.empty() || check.tags.empty() ||
        check.id.find('.') == std::string_view::npos || (i > 0 && checks[i - 1]->id == check.id))
      return check_fail(fmt::format("check {} is incomplete or registered twice", check.id),
                        "this binary is broken: install it anew");
  }
  return check_pass(
      fmt::format("{} settings, {} checks, timeout vectors exact", settings().size(), checks.size()));
}

const Registered<Check> k_self_tables{
    Check{.id = "self.tables",
          .title = "the binary's own tables and arithmetic are sound",
          .tags = "daily,ci",
          .help = "Settings fit their own rows, checks are complete, and the "
                  "documented timeout vectors come out exactly (maintenance:26).",
          .run = run_self_tables}};

}  // namespace
}  // namespace exai::checks
