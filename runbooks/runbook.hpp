// A runbook as records: groups of steps. A step is a check, an exai command or a human task.
#pragma once

#include "core/duration.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <string>
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

}  // namespace exai::runbooks
