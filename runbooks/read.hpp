// From YAML to a runbook: everything is looked up before the first step runs.
#pragma once

#include "core/node.hpp"
#include "core/report.hpp"
#include "core/result.hpp"
#include "runbooks/runbook.hpp"

#include <functional>
#include <string>
#include <vector>

namespace exai::runbooks {

/// Says what is wrong with the id of a check, and with the words after "exai". One that is empty lets all
/// pass.
struct StepJudge {
  std::function<Result<void>(const std::string&)> check{};
  std::function<Result<void>(const std::vector<std::string>&)> command{};
};

/// Reads the whole document: unknown keys, ids, checks and commands are findings with line and nearest name.
Result<Runbook> read_runbook(const Node& document, const std::string& file, const StepJudge& judge,
                             std::vector<Finding>& findings);

}  // namespace exai::runbooks
