// What an OpenAI-compatible endpoint answers, read defensively: every member may be missing or of another
// type.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "serve/providers/provider.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve {

struct Completion {
  std::string content, reasoning, finish_reason, model;
  Usage usage;
  std::vector<AskedTool> tools;
};

/// A whole completion: `provider` when it is none.
Result<Completion> read_completion(std::string_view text);

/// One chunk of a stream, added to the answer; new text goes to `on_delta`.
Result<void> read_chunk(std::string_view text, Completion& answer,
                        const std::function<void(std::string_view)>& on_delta);

/// The ids of a model list.
Result<std::vector<std::string>> read_model_list(std::string_view text);

/// The sentence in an error body, or its beginning; for a person, without control characters.
std::string error_text(std::string_view body);

}  // namespace exai::serve
