// A value that satisfies a schema, made without chance: the same schema gives the same value.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "suite/derive/foreign_schema.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {

/// A member or an item of a sample, and what may stand there.
struct SamplePlace {
  Json::json_pointer at;
  Json schema;            ///< without references and branches: those that were chosen are merged into it
  bool required = false;  ///< a member that its object must have, the same of all around it
};

struct Sample {
  Json value;
  std::vector<SamplePlace>
      places;  ///< in the order of the value, outer ones before inner ones; never the root
};

/// How much of an object is filled in.
enum class SampleExtent : std::uint8_t { required, all };

/// A sample that the schema itself does not refuse. Members have what the schema suggests (examples, then
/// default, then the first of enum), else something plain of their format, pattern and bounds. `invalid` with
/// the reason when none is found in a few attempts: contradictory bounds, a pattern that is too much, a
/// required circle. Bounds: 2,000 values, 8 levels, 64 KiB of one text, 1,000 items of one list.
/// Without `suggestions` members have nothing that is likely to exist: neither examples nor defaults.
Result<Sample> make_sample(const ForeignSchema& schema, SampleExtent extent, bool suggestions = true);

/// The same for a text that must have from `min` to `max` characters, by `pattern` and `format` of its
/// schema; nothing when none is found.
std::optional<std::string> sample_text(const Json& schema, std::string_view name, std::size_t min,
                                       std::size_t max);
/// What is said about one value by the keywords beside it, without looking into it: type, enum, bounds,
/// lengths, pattern. False also where it would take too long to say.
bool fits_here(const Json& schema, const Json& value);

}  // namespace exai::suite
