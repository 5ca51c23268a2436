// Runbooks: read, plan, run. A step is a check, an exai command or a human task.
#pragma once

#include "core/check.hpp"
#include "core/node.hpp"
#include "core/report.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::runbooks {

enum class StepKind : std::uint8_t { check, command, human };

struct Step {
  std::string id;     ///< unique in the runbook
  std::string title;  ///< what a person reads
  StepKind kind = StepKind::check;
  std::string check;                 ///< id of a registered check
  std::vector<std::string> command;  ///< words after "exai"
  std::string text;                  ///< the human task
  std::string source;                ///< the document and line it stands for: "maintenance:26"
  Millis timeout{0};                 ///< 0 = the check's own
  Location where;
};

/// Steps of a group are independent of each other; groups run in order.
struct Group {
  std::string name;
  std::vector<Step> steps;
};

struct Runbook {
  std::string id, title, cadence, version, date;
  std::string file;
  std::vector<Group> groups;
};

/// Says what is wrong with the words after "exai" (the CLI's registry is not seen from here).
using CommandJudge = std::function<Result<void>(const std::vector<std::string>&)>;

/// Validates the whole document before anything runs: unknown keys, ids, checks and commands are findings
/// with line and nearest name.
Result<Runbook> read_runbook(const Node& document, const std::string& file, const CommandJudge& judge_command,
                             std::vector<Finding>& findings);

/// How the executor reaches what it cannot know.
struct Hooks {
  /// Runs "exai WORDS" in a child of this binary and gives its result.
  std::function<CheckResult(const Step&, Deadline, std::stop_token)> run_command;
  /// Called from one thread only, in completion order.
  std::function<void(const CheckResult&, std::size_t done, std::size_t total)> on_result;
};

/// Runs group by group with up to `jobs` threads (0 = automatic, min(4, 2 x cores)); results are in plan
/// order. A human step is outstanding (cause human).
Report run(const Runbook& runbook, const CheckContext& context, const Hooks& hooks, int jobs);

/// Built-in runbooks (runbooks/*.yaml, embedded): name and text.
struct Embedded {
  std::string_view name;
  std::string_view text;
};
const std::vector<Embedded>& embedded_runbooks();

}  // namespace exai::runbooks
