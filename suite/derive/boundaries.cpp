// At the bounds that a schema sets, just beyond them, and outside of its lists of values.
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/derive/tool_cases.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_boundary_items = 10'000;
/// Up to here whole numbers are exact in every language.
constexpr double k_exact = 9007199254740992.0;

Json as_number(double value, bool whole) {
  if ((whole || value == std::floor(value)) && std::abs(value) <= k_exact)
    return static_cast<std::int64_t>(value);
  return value;
}

/// Members that say how long something takes: nobody waits for the longest.
bool is_time(const std::string& name) {
  const std::string lower = to_lower(name);
  for (const char* word :
       {"time", "wait", "delay", "duration", "second", "sleep", "interval", "milli", "poll", "ttl"})
    if (lower.find(word) != std::string::npos) return true;
  return lower == "ms" || lower.ends_with("_ms") || name.ends_with("Ms");
}

class BoundaryWriter {
 public:
  BoundaryWriter(ToolCases& cases, const SamplePlace& place)
      : cases_(cases), place_(place), value_(cases.all.value[place.at]), where_(place.at.to_string()) {}

  void all() {
    if (place_.schema.contains("enum"))
      cases_.refused("boundary", where_ + " outside enum", cases_.with(place_, "surely_no_value_of_it"));
    if (value_.is_number()) numbers();
    if (value_.is_string()) texts();
    if (value_.is_array()) lists();
  }

 private:
  void at(const std::string& bound, Json value) {
    if (cases_.safe && fits_here(place_.schema, value))
      cases_.answered("boundary", where_ + " at " + bound, cases_.with(place_, std::move(value)));
  }
  void beyond(const std::string& bound, Json value) {
    cases_.refused("boundary", where_ + " beyond " + bound, cases_.with(place_, std::move(value)));
  }

  void numbers() {
    number("minimum", false, -1);
    number("exclusiveMinimum", true, -1);
    number("maximum", false, 1);
    number("exclusiveMaximum", true, 1);
  }

  /// `side`: where beyond is. An exclusive bound is beyond itself.
  void number(const char* keyword, bool exclusive, int side) {
    const std::optional<double> bound = number_of(place_.schema, keyword);
    if (!bound || std::abs(*bound) >= k_exact) return;
    const bool whole = !fits_here({{"type", member_of(place_.schema, "type")}}, 0.5);
    const double fraction = std::max(1.0, std::abs(*bound)) / 1000;
    const double unit = number_of(place_.schema, "multipleOf").value_or(whole ? 1 : fraction);
    const std::string name = fmt::format("{} {:g}", keyword, *bound);
    const double outside = exclusive ? *bound : *bound + side * unit;
    beyond(name, as_number(outside, whole));
    if (side > 0 && is_time(place_.at.back()))
      return cases_.skip("boundary", where_ + " at " + name,
                         "it may be a time to wait, and this is the longest");
    at(name, as_number(exclusive ? *bound - side * unit : *bound, whole));
  }

  std::optional<std::size_t> count(const char* keyword, std::size_t most) {
    const std::optional<double> bound = number_of(place_.schema, keyword);
    if (!bound) return std::nullopt;
    if (*bound <= static_cast<double>(most)) return static_cast<std::size_t>(*bound);
    cases_.skip("boundary", where_ + fmt::format(" at {} {:g}", keyword, *bound),
                fmt::format("more than {} would have to be sent", most));
    return std::nullopt;
  }

  void texts() {
    const auto text = [&](std::size_t size) {
      return sample_text(place_.schema, place_.at.back(), size, size);
    };
    if (const auto least = count("minLength", cases_.options.huge_bytes)) {
      const std::string name = fmt::format("minLength {}", *least);
      if (auto made = text(*least)) at(name, std::move(*made));
      if (*least > 0) beyond(name, std::string(*least - 1, 'x'));
    }
    if (const auto most = count("maxLength", cases_.options.huge_bytes)) {
      const std::string name = fmt::format("maxLength {}", *most);
      if (auto made = text(*most)) at(name, std::move(*made));
      beyond(name, text(*most + 1).value_or(std::string(*most + 1, 'x')));
    }
  }

  /// A list of that size; nothing when its items must differ and there are none to make it of.
  [[nodiscard]] std::optional<Json> list(std::size_t size) const {
    Json made = Json::array();
    for (std::size_t i = 0; i < size && i < value_.size(); ++i) made.push_back(value_[i]);
    if (made.size() < size && (made.empty() || place_.schema.value("uniqueItems", false)))
      return std::nullopt;
    while (made.size() < size) made.push_back(made.back());
    return made;
  }

  void lists() {
    if (const auto least = count("minItems", k_boundary_items)) {
      const std::string name = fmt::format("minItems {}", *least);
      if (auto made = list(*least)) at(name, std::move(*made));
      if (*least > 0)
        if (auto made = list(*least - 1)) beyond(name, std::move(*made));
    }
    if (const auto most = count("maxItems", k_boundary_items)) {
      const std::string name = fmt::format("maxItems {}", *most);
      if (auto made = list(*most)) at(name, std::move(*made));
      if (auto made = list(*most + 1)) beyond(name, std::move(*made));
    }
  }

  ToolCases& cases_;
  const SamplePlace& place_;
  const Json value_;
  const std::string where_;
};

}  // namespace

void derive_boundaries(ToolCases& cases) {
  constexpr std::string_view k_bounds[] = {
      "enum",      "minimum",   "maximum",  "exclusiveMinimum", "exclusiveMaximum",
      "minLength", "maxLength", "minItems", "maxItems"};
  for (const SamplePlace& place : cases.all.places) {
    if (!cases.all.value.contains(place.at) || !cases.may_try(place)) continue;
    const bool bound = std::any_of(std::begin(k_bounds), std::end(k_bounds),
                                   [&](std::string_view each) { return place.schema.contains(each); });
    if (bound && !cases.is_full("boundary")) BoundaryWriter(cases, place).all();
  }
}

}  // namespace exai::suite
