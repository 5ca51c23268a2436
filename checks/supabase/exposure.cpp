// supabase.exposure: what everybody sees of our tables.
#include "checks/measure/supabase_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_supabase_exposure(const CheckContext& context) {
  return check_supabase(context, judge_supabase_exposure);
}

const Registered<Check> k_supabase_exposure{
    Check{.id = "supabase.exposure",
          .title = "the public key shows nothing of ours",
          .tags = "daily,deploy",
          .help = "Each table of ours, and those of the original server, are asked for a row with the key "
                  "that everybody has.",
          .timeout = k_supabase_patience,
          .cost = Cost::network,
          .run = run_supabase_exposure}};

}  // namespace
}  // namespace exai::checks
