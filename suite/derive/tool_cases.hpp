// The cases of one tool while they are made.
#pragma once

#include "suite/derive/derive.hpp"
#include "suite/derive/foreign_schema.hpp"
#include "suite/derive/sample.hpp"

#include <set>
#include <string>

namespace exai::suite {

/// One tool, its samples, and the cases made so far.
class ToolCases {
 public:
  ToolCases(std::string tool, const ForeignSchema& schema, bool safe, const DeriveOptions& options);

  /// A call with these arguments that must be refused; false when the schema does not refuse them for
  /// certain, or there are enough.
  bool refused(std::string_view variation, const std::string& name, Json arguments);
  /// A call with these arguments that must be answered, whatever the answer; false when the schema refuses
  /// them, or there are enough.
  bool answered(std::string_view variation, const std::string& name, Json arguments);
  /// True when the variation has as many cases as it may; counts what is left out for that.
  bool is_full(std::string_view variation);
  /// The last case's call, to be sent otherwise than once.
  CaseCall& last_call() { return cases_.back().calls.back(); }
  /// A variation that has no case, and why.
  void skip(std::string_view variation, std::string why);
  /// The same for a part of it, beside its cases.
  void skip(std::string_view variation, const std::string& name, std::string why);
  [[nodiscard]] bool has(std::string_view variation) const;

  /// The arguments with another value at that place: as few other members as may be.
  [[nodiscard]] Json with(const SamplePlace& place, Json value) const;
  /// The same without the member.
  [[nodiscard]] Json without(const SamplePlace& place) const;
  /// True where a call that must be refused may be sent: one that a careless server accepts does no harm.
  [[nodiscard]] bool may_try(const SamplePlace& place) const { return safe || place.required; }
  /// Says how many did not fit, and hands the cases over in the order of the variations.
  std::vector<TestCase> take();

  const ForeignSchema& schema;
  const bool safe;
  const DeriveOptions& options;
  Sample fewest;  ///< members: what is required
  Sample all;     ///< and what is optional

 private:
  [[nodiscard]] Json around(const SamplePlace& place) const;
  bool add(std::string_view variation, const std::string& name, Json arguments, Ending ending);
  std::string unique_name(std::string_view variation, const std::string& name);

  std::string tool_;
  std::vector<TestCase> cases_;
  std::map<std::string, std::size_t, std::less<>> made_, left_out_;  ///< by variation
  std::set<std::string> names_;
};

/// Texts for a place without enum, pattern and format.
bool takes_any_text(const Json& schema);
/// Members and items that may be left out or have another type.
void derive_missing(ToolCases& cases);
void derive_wrong_types(ToolCases& cases);
void derive_unknown_fields(ToolCases& cases);
/// Bounds of numbers, texts and lists: at them and beyond; values that no enum has.
void derive_boundaries(ToolCases& cases);
/// Texts that are unlike others.
void derive_texts(ToolCases& cases);

}  // namespace exai::suite
