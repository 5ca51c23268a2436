// supabase.keys: whether address and keys of Supabase can be right together.
#include "checks/measure/supabase_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_supabase_keys(const CheckContext& context) {
  const SupabaseSettings settings = supabase_settings(context.config);
  if (!settings.any()) return supabase_not_configured();
  return judge_supabase_keys(settings, context.clock.wall());
}

const Registered<Check> k_supabase_keys{Check{
    .id = "supabase.keys",
    .title = "each key of Supabase is of the kind that its setting wants",
    .tags = "daily,doctor,deploy,ci",
    .help = "Kind, role, project and expiry as the keys themselves tell; swapped ones, the same one twice, a "
            "management token and the dashboard's address are named. Nobody is asked.",
    .run = run_supabase_keys}};

}  // namespace
}  // namespace exai::checks
