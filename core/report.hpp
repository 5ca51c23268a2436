// The one result type: what checks, runbooks and validators produce and every writer reads.
#pragma once

#include "core/deadline.hpp"
#include "core/error.hpp"
#include "core/status.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace exai {

/// Why a result is not a pass, where that changes the exit code. `tolerated`: another result judges how many
/// of these there may be (a pass rate), so that by itself it decides nothing.
enum class Cause : std::uint8_t { none, config, human, refused, budget, internal, tolerated };

/// One measured value. A number carries its unit ("ms", "bytes", "%") and, where judged, its thresholds.
struct Fact {
  std::string name;
  std::string text;  ///< as shown to a person
  std::optional<double> number;
  std::string unit;
  std::optional<double> warn;  ///< above this: warn
  std::optional<double> crit;  ///< above this: fail
};

/// One thing found at one place, for validators that find many. A severity of `skip` is a note: worth
/// knowing, of no weight.
struct Finding {
  Status severity = Status::fail;
  std::string rule;  ///< stable id, "env.placeholder"
  std::string message;
  std::optional<Location> where;
  std::string hint;
  std::string setting{};  ///< key of the setting it is about, if it is about one
};

struct CheckResult {
  std::string id;
  std::string title;
  std::string group;  ///< runbook group or command noun; a JUnit suite
  Status status = Status::unknown;
  Cause cause = Cause::none;
  std::string summary;  ///< one line, no full stop
  std::string hint;     ///< what to type next, when not a pass
  std::string source;   ///< the document line it stands for ("maintenance:26"), if any
  std::vector<Fact> facts;
  std::vector<Finding> findings;
  Wall started{};
  Micros duration{0};
};

/// A run of checks: what every writer (cli/output) reads, and nothing else.
struct Report {
  std::string title;   ///< "runbook daily", "validate timeouts"
  std::string run_id;  ///< 16 hexadecimal digits
  std::string host;
  std::string profile;
  std::string version;
  Wall started{};
  Micros duration{0};
  std::vector<CheckResult> results;
  std::vector<std::string> notes;  ///< lines a person should read below the results (tables of `--explain`)

  /// The worst status of all results but those that are tolerated; `unknown` when nothing was executed.
  [[nodiscard]] Status verdict() const;
  [[nodiscard]] std::size_t count(Status status) const;
};

/// The judgement of a list of findings: the worst severity, `pass` when empty.
Status worst(const std::vector<Finding>& findings);

}  // namespace exai
