// supabase.rest: whether PostgREST takes the key.
#include "checks/measure/supabase_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_supabase_rest(const CheckContext& context) {
  return check_supabase(context, [](const SupabaseFacts& facts) { return judge_supabase_rest(facts); });
}

const Registered<Check> k_supabase_rest{
    Check{.id = "supabase.rest",
          .title = "PostgREST answers and takes the key",
          .tags = "daily,doctor,deploy",
          .help = "The root of /rest/v1/ with the server key, else with the public one; slower than 500 ms "
                  "is a warning. A project that is paused, an address that redirects and a key that is "
                  "refused are failures; what is no Supabase is unknown.",
          .timeout = k_supabase_patience,
          .cost = Cost::network,
          .run = run_supabase_rest}};

}  // namespace
}  // namespace exai::checks
