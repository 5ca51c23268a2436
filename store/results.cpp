#include "store/results.hpp"

#include <algorithm>
#include <iterator>

namespace exai::store {
namespace {

constexpr std::string_view k_outcomes[] = {"PASS", "FAIL", "SKIP", "ERROR"};

}  // namespace

std::string_view to_string(Outcome outcome) {
  return k_outcomes[static_cast<std::size_t>(outcome)];
}

std::optional<Outcome> outcome_of(std::string_view word) {
  const auto* const found = std::find(std::begin(k_outcomes), std::end(k_outcomes), word);
  if (found == std::end(k_outcomes)) return std::nullopt;
  return static_cast<Outcome>(found - k_outcomes);
}

}  // namespace exai::store
