// Two JSON Schemas of one thing: what the second allows less or more than the first. Drafts 7 and 2020-12,
// local $ref, recursive schemas. What cannot be judged counts as breaking: it is not taken for harmless.
#pragma once

#include "core/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// Who writes the values: a caller (input) or the server (output).
enum class SchemaFlow : std::uint8_t { input, output };

/// What a change does to the set of values that the schema allows.
enum class SchemaEffect : std::uint8_t {
  narrowed,  ///< something is no longer allowed: breaks callers, does no harm to readers
  widened,   ///< something more is allowed: does no harm to callers, breaks readers
  harmless,  ///< neither callers nor readers notice
  breaks,    ///< both may, or it cannot be judged
  wording,   ///< only what is said about it
};

struct SchemaChange {
  std::string place;  ///< "tools.chat.inputSchema.properties.model"
  SchemaEffect effect = SchemaEffect::breaks;
  std::string why;  ///< "now requires the property \"model\""
};

/// All changes, at most `max_changes` and one that says so. Empty only for schemas that are equal as JSON.
/// Work is bounded: schemas nested deeper than 200 levels or larger than 100,000 comparisons end with a
/// change that says so and breaks.
std::vector<SchemaChange> compare_schemas(const Json& before, const Json& after, std::string_view place,
                                          SchemaFlow flow, std::size_t max_changes = 200);

}  // namespace exai::suite
