// store.spool: runs that wait on this machine for the database.
#include "store/spool.hpp"

#include "core/check.hpp"
#include "core/duration.hpp"
#include "store/home.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

constexpr Millis k_warn_age = std::chrono::hours(1);
constexpr Millis k_fail_age = std::chrono::hours(24);

CheckResult run_store_spool(const CheckContext& context) {
  const store::Home home = store::home_of(context.config, context.root);
  const auto waiting = store::Spool(home.spool).waiting();
  if (!waiting) return check_unknown(waiting.error());
  if (waiting->empty())
    return home.shared() ? check_pass("nothing waits")
                         : check_skip("runs are kept in a file on this machine, which is always there");
  const Millis age = std::chrono::floor<std::chrono::seconds>(context.clock.wall() - waiting->front().since);
  const std::string summary =
      fmt::format("{} runs wait for the database, the oldest for {}", waiting->size(), format_duration(age));
  const std::string hint = home.shared()
                               ? "exai record replay brings them in; exai probe postgres says why not"
                               : "exai record replay brings them into the file of this machine";
  CheckResult result = age > k_fail_age   ? check_fail(summary, hint)
                       : age > k_warn_age ? check_warn(summary, hint)
                                          : check_pass(summary);
  result.facts.push_back({"waiting", std::to_string(waiting->size()), static_cast<double>(waiting->size()),
                          "", std::nullopt, std::nullopt});
  result.facts.push_back({"oldest", format_duration(age), static_cast<double>(age.count()), "ms",
                          static_cast<double>(k_warn_age.count()), static_cast<double>(k_fail_age.count())});
  return result;
}

const Registered<Check> k_store_spool{
    Check{.id = "store.spool",
          .title = "no recorded run waits for the database",
          .tags = "daily,doctor",
          .help = "Runs that were recorded while the PostgreSQL of store.url was away wait on this machine: "
                  "warn when one has waited for an hour, fail after a day.",
          .run = run_store_spool}};

}  // namespace
}  // namespace exai::checks
