// A check: measurement + expectation = result. checks/<subject>/<name>.cpp each, found by registration.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/measurements.hpp"
#include "core/registry.hpp"
#include "core/report.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

namespace exai {

/// What running it costs; doctor runs the cheap ones first.
enum class Cost : std::uint8_t { free, network, money };

/// All a check may reach the world with. It must not print, exit or read argv.
struct CheckContext {
  const Config& config;
  const Clock& clock;
  Deadline deadline;
  std::stop_token stop;
  std::filesystem::path root;  ///< base of relative paths
  /// What the judge of the whole configuration says, for config.valid. Whoever runs checks hands it in; it
  /// may be asked from any thread.
  std::function<const std::vector<Finding>&()> judgement{};
  /// What this run has measured already (checks/measure). A copy of the context shares it, a new context is a
  /// new run.
  std::shared_ptr<Measurements> measurements = std::make_shared<Measurements>();

  /// Who asks for a measurement.
  [[nodiscard]] Asker asker() const { return {clock, deadline, stop}; }
  /// A path setting, relative ones below the root.
  [[nodiscard]] std::filesystem::path path(std::string_view key) const { return root / config.text(key); }
};

/// The record of one check. All text is literal.
struct Check {
  std::string_view id{};     ///< "timeouts.hierarchy": <subject>.<name>, lower case
  std::string_view title{};  ///< what holds when it passes
  std::string_view tags{};   ///< "daily,doctor,ci"
  std::string_view help{};   ///< what it measures, what the rule is and where the rule comes from
  Millis timeout{5000};
  Cost cost = Cost::free;
  /// Fills status, summary, hint, facts and findings; id, title and times are filled by run_check().
  CheckResult (*run)(const CheckContext&) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
  [[nodiscard]] bool has_tag(std::string_view tag) const;
};

/// Runs one check under its own deadline; whatever it throws becomes `unknown` with cause internal.
CheckResult run_check(const Check& check, const CheckContext& context);

/// What `measure` returns, with its start and the time it took: whoever runs a thing times it.
template <class Measure>
CheckResult timed(const Clock& clock, const Measure& measure) {
  const Steady began = clock.steady();
  const Wall started = clock.wall();
  CheckResult result = measure();
  result.started = started;
  result.duration = std::chrono::duration_cast<Micros>(clock.steady() - began);
  return result;
}

/// The check of that id, or nullptr.
const Check* find_check(std::string_view id);
/// Ids and "@tag" selectors to checks, in id order and without doubles; an unknown one is a usage error with
/// the nearest names. An empty selection selects nothing.
Result<std::vector<const Check*>> select_checks(const std::vector<std::string>& selectors);

/// Shorthands for results.
CheckResult check_pass(std::string summary);
CheckResult check_warn(std::string summary, std::string hint);
CheckResult check_fail(std::string summary, std::string hint, Cause cause = Cause::none);
CheckResult check_skip(std::string why);
/// The service could not be asked: never a pass.
CheckResult check_unknown(const Error& error);

}  // namespace exai
