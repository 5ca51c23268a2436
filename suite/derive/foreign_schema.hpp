// A schema that a stranger wrote, brought into the form that our own validator judges: what it does not know
// is left out in such a way that what it refuses is refused by the whole schema as well.
#pragma once

#include "core/json.hpp"
#include "mcp/schema.hpp"

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {

/// What is wrong with a schema itself.
struct SchemaFlaw {
  std::string pointer;  ///< into the schema; through a reference: into its target
  std::string message;  ///< a sentence with the way out
};

/// Immutable; reading takes any JSON and never fails. Bounds: 20,000 subschemas, 60 levels, 500 references,
/// 2,000 values of an enum; what is beyond them allows everything and is listed as unjudged.
class ForeignSchema {
 public:
  enum class Verdict : std::uint8_t {
    conforms,   ///< nothing that is judged speaks against it
    violates,   ///< the schema refuses it for certain
    undecided,  ///< it would take too long to say
  };

  static ForeignSchema read(const Json& schema);
  [[nodiscard]] Verdict judge(const Json& value) const;
  /// What speaks against the value, at most 20; empty for `conforms`, and for `undecided`.
  [[nodiscard]] std::vector<mcp::SchemaProblem> problems(const Json& value) const;

  /// The schema in one form: `type` is a list, `const` a list of one in `enum`, bounds are numbers of their
  /// keyword, references are "#/$defs/NAME" and lead somewhere, every keyword has the type it must have.
  /// `pattern`, `format`, `default`, `examples` are kept where they stand.
  [[nodiscard]] const Json& normal() const { return normal_; }
  [[nodiscard]] const std::vector<SchemaFlaw>& flaws() const { return flaws_; }
  /// Pointers of keywords that constrain and are not judged; at most 100.
  [[nodiscard]] const std::vector<std::string>& unjudged() const { return unjudged_; }

 private:
  Json normal_;
  std::vector<SchemaFlaw> flaws_;
  std::vector<std::string> unjudged_;
  std::optional<mcp::Schema> schema_;
};

}  // namespace exai::suite
