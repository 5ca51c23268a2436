#include "checks/measure/probe_supabase.hpp"

#include "checks/measure/supabase_judge.hpp"

#include <utility>

namespace exai::checks {
namespace {

CheckResult supabase_result(CheckResult result, std::string id, std::string title) {
  result.id = std::move(id);
  result.title = std::move(title);
  return result;
}

}  // namespace

std::vector<CheckResult> probe_supabase(const SupabaseSettings& settings, const ProbeLimits& limits) {
  if (!settings.any())
    return {supabase_result(
        check_fail("neither SUPABASE_URL nor a key is set",
                   "set SUPABASE_URL, SUPABASE_ANON_KEY and SUPABASE_SERVICE_ROLE_KEY", Cause::config),
        "probe.supabase.keys", "the keys")};
  std::vector<CheckResult> results{
      supabase_result(judge_supabase_keys(settings, limits.clock.wall()), "probe.supabase.keys", "the keys")};
  if (settings.url.empty()) return results;
  Result<SupabaseFacts> facts{fail(ErrorKind::internal, "not asked")};
  CheckResult rest = timed(limits.clock, [&] {
    facts = visit_supabase({settings, limits.deadline, limits.stop});
    return facts ? judge_supabase_rest(*facts, limits.warn, limits.crit) : check_unknown(facts.error());
  });
  if (!facts) return results;  // the keys' result says why
  results.push_back(supabase_result(std::move(rest), "probe.supabase.rest", "PostgREST takes the key"));
  results.push_back(
      supabase_result(judge_supabase_auth(*facts), "probe.supabase.auth", "logins are possible"));
  results.push_back(
      supabase_result(judge_supabase_storage(*facts), "probe.supabase.storage", "files are possible"));
  results.push_back(supabase_result(judge_supabase_exposure(*facts), "probe.supabase.exposure",
                                    "everybody sees nothing of ours"));
  return results;
}

}  // namespace exai::checks
