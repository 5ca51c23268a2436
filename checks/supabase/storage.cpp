// supabase.storage: whether the service for files is well.
#include "checks/measure/supabase_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_supabase_storage(const CheckContext& context) {
  return check_supabase(context, judge_supabase_storage);
}

const Registered<Check> k_supabase_storage{
    Check{.id = "supabase.storage",
          .title = "the service for files is well",
          .tags = "deploy",
          .help = "/storage/v1/status, or the list of buckets where there is none.",
          .timeout = k_supabase_patience,
          .cost = Cost::network,
          .run = run_supabase_storage}};

}  // namespace
}  // namespace exai::checks
