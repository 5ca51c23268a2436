// config.valid: the settings of all sources together.
#include "checks/config/valid.hpp"

#include "checks/findings.hpp"
#include "core/check.hpp"

namespace exai::checks {
namespace {

CheckResult run_config_valid(const CheckContext& context) {
  if (!context.judgement)
    return check_unknown(make_error(ErrorKind::internal, "nobody judged the configuration"));
  return validate_config(context.judgement());
}

const Registered<Check> k_config_valid{
    Check{.id = "config.valid",
          .title = "the configuration has no unknown, contradicting or impossible value",
          .tags = "daily,doctor,ci,deploy",
          .help = "Reads all sources as exai serve does and judges them by the settings table: unknown "
                  "names, aliases that disagree, types, ranges, "
                  "placeholders, and rules between settings (maintenance:129).",
          .run = run_config_valid}};

}  // namespace

CheckResult validate_config(std::vector<Finding> judgement) {
  CheckResult result = findings_result(std::move(judgement), "every value is known, typed and in range");
  result.id = "config.valid";
  result.title = "the effective configuration";
  return result;
}

}  // namespace exai::checks
