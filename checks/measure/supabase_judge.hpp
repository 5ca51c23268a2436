// What is good and what is not about a Supabase: each judges facts that were measured, and asks nobody.
#pragma once

#include "checks/measure/probe.hpp"
#include "checks/measure/supabase_facts.hpp"

namespace exai::checks {

/// What a check of it may take: some twenty requests.
inline constexpr Millis k_supabase_patience{15'000};

/// Address and keys by themselves.
CheckResult judge_supabase_keys(const SupabaseSettings& settings, Wall now);
/// PostgREST answers and takes the key; slower than 500 ms is a warning by default.
CheckResult judge_supabase_rest(const SupabaseFacts& facts, std::optional<Millis> warn = {},
                                std::optional<Millis> crit = {});
/// The service for logins says that it is well.
CheckResult judge_supabase_auth(const SupabaseFacts& facts);
/// The service for files says that it is well.
CheckResult judge_supabase_storage(const SupabaseFacts& facts);
/// With the key that everybody has, no row of ours is seen.
CheckResult judge_supabase_exposure(const SupabaseFacts& facts);

/// The judgement of the Supabase that the settings name; skipped where they name none, unknown where it could
/// not be asked.
using SupabaseJudge = CheckResult (*)(const SupabaseFacts&);
CheckResult check_supabase(const CheckContext& context, SupabaseJudge judge);

/// What a check says where no Supabase is configured.
CheckResult supabase_not_configured();

}  // namespace exai::checks
