// Where runbooks come from: a file, the folder of the deployment, the binary.
#pragma once

#include "core/report.hpp"
#include "core/result.hpp"
#include "runbooks/read.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace exai::runbooks {

struct Library {
  std::filesystem::path root;  ///< of the deployment: its own runbooks stand in runbooks/ below it
  StepJudge judge;
};

/// The runbook of that name: a file when the name ends in .yaml, else `runbooks/NAME.yaml` below the root,
/// else the built-in one. Failing findings make it a config error that names the first of them.
Result<Runbook> load_runbook(const std::string& name, const Library& library);

/// Files, or the built-in ones; one result each.
std::vector<CheckResult> validate_runbooks(const std::vector<std::string>& files, const Library& library,
                                           const Clock& clock);

}  // namespace exai::runbooks
