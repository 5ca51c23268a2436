// What doctor --fix does: repairs that lose nothing, whoever runs them.
#pragma once

#include "core/check.hpp"

#include <functional>
#include <string>
#include <vector>

namespace exai::checks {

struct Repair {
  std::string id;    ///< "fix.mode"
  std::string what;  ///< "chmod 600 .env (was 0644)"
  std::function<Result<void>()> apply;
};

/// What there is to repair: files with secrets that others can read, files of servers that have ended,
/// folders that are missing. Nothing is touched before `apply`.
std::vector<Repair> plan_repairs(const CheckContext& context);

/// The repair as a result: passed when done, skipped in a dry run.
CheckResult repaired(const Repair& repair, bool dry_run, const Clock& clock);

}  // namespace exai::checks
