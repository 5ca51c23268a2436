// What an OpenAI-compatible endpoint answers, read defensively: every member may be missing or of another
// type.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "models/providers/complaint.hpp"
#include "models/providers/provider.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::models {

struct Completion {
  std::string content, reasoning, refusal, finish_reason, model;
  Usage usage;
  std::vector<ToolCall> tools;
  std::vector<std::optional<std::size_t>> tool_indices;  ///< what the endpoint called each of `tools`
};

/// A whole completion. Errors: what the endpoint reports (config, busy, not_found or provider), `provider`
/// when it is none.
Result<Completion> read_completion(std::string_view text);

/// One chunk of a stream, added to the answer; new text goes to `on_delta`. Errors as read_completion.
Result<void> read_chunk(std::string_view text, Completion& answer,
                        const std::function<void(std::string_view)>& on_delta);

/// What holds for whole answers and streams alike once all is there: tool calls are complete, and an answer
/// without text and without calls is an error that says why: refused when the model will not answer, else
/// `provider`.
Result<Completion> complete_answer(Completion answer);

/// The ids of a model list.
Result<std::vector<std::string>> read_model_list(std::string_view text);

}  // namespace exai::models
