// A Supabase, asked for all that its checks judge.
#pragma once

#include "checks/measure/probe.hpp"
#include "checks/measure/supabase_facts.hpp"

#include <vector>

namespace exai::checks {

/// One result a judgement: the keys by themselves, then what was answered over HTTP (REST judged by the
/// limits), logins, files, and what everybody sees. The first one alone when the address cannot be one.
std::vector<CheckResult> probe_supabase(const SupabaseSettings& settings, const ProbeLimits& limits);

}  // namespace exai::checks
