// timeouts.hierarchy: whether each timeout layer outlasts the one inside it.
#include "checks/timeouts/hierarchy.hpp"

#include "core/check.hpp"
#include "core/timeouts.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

std::string timeout_cell(const std::optional<Millis>& value) {
  return value ? format_seconds(*value) : "-";
}

std::string timeout_difference(const timeouts::Row& row) {
  if (!row.difference) return "-";
  return row.difference->count() > 0 ? "+" + format_seconds(*row.difference)
                                     : format_seconds(*row.difference);
}

CheckResult result_of_verdict(const timeouts::Verdict& verdict) {
  const timeouts::Profile& profile = verdict.profile;
  CheckResult result;
  result.status = verdict.status();
  result.findings = verdict.findings;
  const auto value_of = [&](timeouts::Layer layer) {
    return format_seconds(verdict.rows[static_cast<std::size_t>(layer)].value);
  };
  using enum timeouts::Layer;
  result.summary = fmt::format("workflow {} s, daemon {} s, shim {} s, client {} s", value_of(workflow),
                               value_of(daemon), value_of(shim), value_of(client));
  if (result.status != Status::pass) {
    result.summary = verdict.findings.front().message;
    result.hint = fmt::format("{}; exai validate timeouts --profile {} shows all",
                              verdict.findings.front().hint, profile.name);
  }
  for (const timeouts::Row& row : verdict.rows)
    result.facts.push_back({std::string(to_string(row.layer)),
                            format_seconds(row.value) + " s",
                            static_cast<double>(row.value.count()),
                            "ms",
                            {},
                            {}});
  return result;
}

CheckResult run_timeouts_hierarchy(const CheckContext& context) {
  return validate_timeouts(context.config, context.config.text("timeouts.profile"));
}

const Registered<Check> k_timeouts_hierarchy{
    Check{.id = "timeouts.hierarchy",
          .title = "each timeout layer outlasts the one inside it",
          .tags = "daily,doctor,ci,deploy",
          .help = "Judges the effective timeouts by the profile timeouts.profile: "
                  "the ratios of daemon, shim and client to the workflow, the order "
                  "of all layers, and what http and provider must cover. The same "
                  "library gives every call its deadline (maintenance:23, maintenance:152).",
          .run = run_timeouts_hierarchy}};

}  // namespace

CheckResult validate_timeouts(const Config& config, const std::string& profile) {
  const auto found = timeouts::find_profile(config, profile);
  const auto verdict =
      found.and_then([&](const timeouts::Profile& known) { return timeouts::judge(config, known); });
  CheckResult result;
  if (verdict) {
    result = result_of_verdict(*verdict);
  } else {
    result = check_fail(verdict.error().message, verdict.error().hint, Cause::config);
    result.findings.push_back({Status::fail, "timeouts.profile", verdict.error().message,
                               verdict.error().where, verdict.error().hint});
  }
  result.id = "timeouts." + profile;
  result.title = fmt::format("timeouts satisfy profile {}", profile);
  return result;
}

std::vector<CheckResult> validate_timeouts_all(const Config& config, const Clock& clock) {
  const auto profiles = timeouts::profiles(config);
  if (!profiles)
    return {timed(clock, [&] { return validate_timeouts(config, config.text("timeouts.profile")); })};
  std::vector<CheckResult> results;
  for (const timeouts::Profile& profile : *profiles)
    results.push_back(timed(clock, [&] { return validate_timeouts(config, profile.name); }));
  return results;
}

std::vector<std::string> timeout_table(const Config& config, const std::string& profile) {
  const auto verdict = timeouts::find_profile(config, profile).and_then([&](const timeouts::Profile& known) {
    return timeouts::judge(config, known);
  });
  if (!verdict) return {};
  std::vector<std::string> lines{fmt::format("profile {}: {} ({})", verdict->profile.name,
                                             verdict->profile.title, verdict->profile.source),
                                 fmt::format("{:<9} {:>9} {:>9} {:>6}  {:<19} {:<7} {}", "layer", "seconds",
                                             "expected", "diff", "formula", "verdict", "source")};
  for (const timeouts::Row& row : verdict->rows)
    lines.push_back(fmt::format("{:<9} {:>9} {:>9} {:>6}  {:<19} {:<7} {}", to_string(row.layer),
                                format_seconds(row.value), timeout_cell(row.expected),
                                timeout_difference(row), row.formula.empty() ? "-" : row.formula,
                                row.verdict == Status::pass ? "ok" : to_string(row.verdict), row.source));
  return lines;
}

}  // namespace exai::checks
