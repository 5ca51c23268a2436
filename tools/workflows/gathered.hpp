// What the steps of one workflow found together.
#pragma once

#include "core/json.hpp"

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::tools {

struct Gathered {
  std::string initial_request;
  std::size_t steps = 0;
  // In the order in which they were named first.
  std::vector<std::string> files_checked, relevant_files, relevant_context, images;
  std::vector<std::string> findings;  ///< "Step 2: ..."
  Json hypotheses = Json::array();    ///< {step, hypothesis, confidence}
  Json issues = Json::array();
  std::string confidence = "low";
  Json history = Json::array();  ///< all steps; filled only where `whole` was asked for

  [[nodiscard]] std::size_t findings_size() const;
};

/// From a workflow's state: {"initial_request":...,"history":[...]}.
Gathered gather(const Json& state, bool whole);
/// Counts by the text of one member; those without it as "unknown".
Json counted_by(const Json& list, const char* member);

}  // namespace exai::tools
