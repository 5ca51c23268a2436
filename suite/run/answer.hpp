// What a tool answered, read for the judge: its text, the JSON in it, and values by place.
#pragma once

#include "core/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {

struct ToolAnswer {
  std::string text;          ///< of all text items, a line break between them
  std::optional<Json> body;  ///< the first text, when it is JSON of an object or a list
  bool is_error = false;
  bool looks_like_json =
      false;  ///< the first text begins as an object or a list that does not end in its line
  std::vector<std::string> broken;  ///< what MCP does not allow in a result of tools/call
};

/// Reads a result of tools/call {content, structuredContent, isError}, whatever it is.
ToolAnswer read_answer(const Json& result);

/// The value at a JSON pointer. A text on the way that is JSON itself is read and gone into.
std::optional<Json> value_at(const Json& body, std::string_view pointer);

/// What the answer tells of its cost: tokens of prompt and completion, US dollars, who answered.
struct AnswerUsage {
  std::optional<std::int64_t> tokens;
  std::optional<double> cost_usd;
  std::string provider, model;
};
AnswerUsage usage_of(const ToolAnswer& answer);

}  // namespace exai::suite
