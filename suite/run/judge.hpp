// The judge of one call: whether it ended as it must, and whether what came back is worth a pass.
#pragma once

#include "core/deadline.hpp"
#include "core/json.hpp"
#include "core/redact.hpp"
#include "core/report.hpp"
#include "core/result.hpp"
#include "mcp/schema.hpp"
#include "suite/run/answer.hpp"
#include "suite/run/case.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {

/// What came of one call.
struct Observed {
  Result<Json> result;  ///< the result object of tools/call, or why there is none
  Micros duration{0};
  unsigned progress = 0;           ///< pieces of text and lines of progress that came before the answer
  std::optional<Error> silence{};  ///< after a cancellation: the server did not answer any more
};

/// What the judge knows of the server. Lives longer than the judging.
struct JudgeFacts {
  std::set<std::string> tools;                   ///< all names it offers
  std::map<std::string, mcp::Schema> answers{};  ///< by tool: the schema of structuredContent
  const Redactor* secrets = nullptr;             ///< known secrets, which no answer may show
  /// Who judges instead, where the cases are not about our own tools; any thread.
  std::function<std::vector<Finding>(const CaseCall& call, const Observed& seen)> judge{};
};

/// Findings with a severity: `fail`, `unknown` (it could not be asked), `warn`; none when all is well. The
/// first is the reason. Rules: "ending", "protocol", "assertion", "V1.status", "V2.schema", "V3.empty",
/// "V4.time", "V5.length", "secret", "tool", "model", "conversation", "structured", "encoding", "language",
/// "doubled", "progress". No finding shows a secret that it found. Any thread.
std::vector<Finding> judge_call(const CaseCall& call, const Observed& seen, const JudgeFacts& facts);

/// True when an assertion holds; else `why` says what is there instead. An unusable pattern does not hold.
bool assertion_holds(const Assertion& assertion, const ToolAnswer& answer, std::string& why);

}  // namespace exai::suite
