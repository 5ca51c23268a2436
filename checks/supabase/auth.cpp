// supabase.auth: whether the service for logins is well.
#include "checks/measure/supabase_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_supabase_auth(const CheckContext& context) {
  return check_supabase(context, judge_supabase_auth);
}

const Registered<Check> k_supabase_auth{Check{.id = "supabase.auth",
                                              .title = "the service for logins is well",
                                              .tags = "deploy",
                                              .help = "/auth/v1/health.",
                                              .timeout = k_supabase_patience,
                                              .cost = Cost::network,
                                              .run = run_supabase_auth}};

}  // namespace
}  // namespace exai::checks
