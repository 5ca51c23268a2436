// Asking a model at the end of a workflow.
#pragma once

#include "tools/workflows/step.hpp"

namespace exai::tools {

/// The expert's answer as an object with `status`, whatever form it came in.
Json parse_analysis(std::string_view content);

/// The kept answer to the same question, or a new one, whose parts go to the caller as they come. Errors as
/// CallContext::chat; an answer without text is `provider`.
Result<models::AnswerCache::Found> ask_cached(Step& step, const models::ChatRequest& request,
                                              const std::vector<std::string>& hashes);

}  // namespace exai::tools
