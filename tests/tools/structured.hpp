// What a tool's structured content says, as a tree to look into.
#pragma once

#include "engine/answer.hpp"

#include <nlohmann/json.hpp>

namespace exai::test {

/// Null when there is none; throws where it is not JSON.
inline Json structured(const engine::ToolOutput& output) {
  return output.structured.empty() ? Json() : Json::parse(output.structured);
}

}  // namespace exai::test
