// Judges the calls of derived cases: tools that nobody here wrote, by the protocol and by their own schemas.
#pragma once

#include "core/report.hpp"
#include "suite/derive/conformance.hpp"
#include "suite/run/case.hpp"
#include "suite/run/judge.hpp"

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

class DerivedJudge {
 public:
  /// `tools`: the list as the server gives it, all of one revision of the protocol.
  DerivedJudge(const Json& tools, const std::string& revision);

  /// As judge_call(), by other rules: those of ToolJudge, "ending", "V4.time", "refusal.same". A tool that
  /// refused right arguments in the same words shows nothing by refusing wrong ones: that is unknown, where
  /// the right ones were judged before. Any thread.
  std::vector<Finding> judge(const CaseCall& call, const Observed& seen);
  /// The entries of tools/list themselves, a result each: "suite.entry.NAME".
  [[nodiscard]] std::vector<CheckResult> entries() const;

 private:
  void judge_result(const CaseCall& call, const Json& result, std::vector<Finding>& findings);
  void judge_error(const CaseCall& call, const Error& error, std::vector<Finding>& findings);
  void judge_refusal(const CaseCall& call, const Json& refusal, std::vector<Finding>& findings);

  std::map<std::string, ToolJudge, std::less<>> tools_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Json>, std::less<>> refused_right_;  ///< by tool, a few
};

}  // namespace exai::suite
