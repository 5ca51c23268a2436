// Test cases for a tool that nobody here wrote, out of what its entry in tools/list says.
#pragma once

#include "core/json.hpp"
#include "suite/run/case.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace exai::suite {

/// What is derived, in the order of the cases.
inline constexpr std::array<std::string_view, 9> k_derived_variations{
    "valid",   "missing", "wrong_type", "boundary", "unknown_field",
    "unicode", "huge",    "concurrent", "cancelled"};

struct DeriveOptions {
  /// Tools that are not marked as reading only are called with arguments that are right as well. Without it
  /// they get only calls that a server must refuse, and those only where a member is wrong or missing
  /// without which the tool cannot do its work.
  bool allow_writes = false;
  std::size_t max_cases = 60;                      ///< for each tool, skipped ones aside; at least 10
  std::size_t huge_bytes = std::size_t{1} << 20U;  ///< of the one text of `huge`
  unsigned copies = 8;                             ///< calls of `concurrent`
  Millis cancel_after{20};
};

/// True when the tool says of itself that it changes nothing: annotations.readOnlyHint, and not
/// destructiveHint against it. Any other tool may do anything.
bool reads_only(const Json& tool_entry);

/// Cases for one entry of tools/list. Takes any JSON, never fails, is the same for the same entry. A case
/// that must be refused has arguments that the schema refuses for certain, in the eyes of our own validator;
/// one that must be `answered` has arguments that it does not refuse, which the server may refuse all the
/// same (there is no such file). Each variation has at least one case, or one that says why it has none.
std::vector<TestCase> derive_cases(const Json& tool_entry, const DeriveOptions& options = {});

}  // namespace exai::suite
