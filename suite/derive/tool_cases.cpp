#include "suite/derive/tool_cases.hpp"

#include "core/text.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_name_bytes = 120;

/// Singles (valid, unknown field, texts, concurrent, cancelled) leave the rest to the three that have a case
/// for each member.
constexpr std::size_t k_single_cases = 10;

std::size_t share_of(std::string_view variation, std::size_t max_cases) {
  const bool many = variation == "missing" || variation == "wrong_type" || variation == "boundary";
  if (!many) return variation == "unknown_field" || variation == "valid" || variation == "unicode" ? 2 : 1;
  return max_cases > k_single_cases + 3 ? (max_cases - k_single_cases) / 3 : 1;
}

/// The runner fills such a place in, and a derived case has nothing to fill in.
bool has_placeholder(const Json& value) {
  return dump_json(value).find("${") != std::string::npos;
}

}  // namespace

ToolCases::ToolCases(std::string tool, const ForeignSchema& schema_of_it, bool is_safe,
                     const DeriveOptions& given)
    : schema(schema_of_it), safe(is_safe), options(given), tool_(std::move(tool)) {}

std::string ToolCases::unique_name(std::string_view variation, const std::string& name) {
  const std::string shown(beginning_of(printable(name), k_name_bytes));
  std::string unique = shown;
  for (int n = 2; !names_.insert(std::string(variation) + ' ' + unique).second; ++n)
    unique = fmt::format("{} #{}", shown, n);
  return unique;
}

bool ToolCases::add(std::string_view variation, const std::string& name, Json arguments, Ending ending) {
  if (is_full(variation)) return false;
  if (has_placeholder(arguments)) {
    skip(variation, name, "its arguments hold the text ${, which stands for a value to be filled in");
    return false;
  }
  ++made_[std::string(variation)];
  TestCase made;
  made.tool = tool_;
  made.variation = variation;
  made.name = unique_name(variation, name);
  CaseCall call;
  call.tool = tool_;
  call.arguments = std::move(arguments);
  call.ending = ending;
  made.calls.push_back(std::move(call));
  cases_.push_back(std::move(made));
  return true;
}

bool ToolCases::is_full(std::string_view variation) {
  const std::string key(variation);
  if (made_[key] < share_of(variation, options.max_cases)) return false;
  ++left_out_[key];
  return true;
}

bool ToolCases::refused(std::string_view variation, const std::string& name, Json arguments) {
  return schema.judge(arguments) == ForeignSchema::Verdict::violates &&
         add(variation, name, std::move(arguments), Ending::refused);
}

bool ToolCases::answered(std::string_view variation, const std::string& name, Json arguments) {
  return schema.judge(arguments) == ForeignSchema::Verdict::conforms &&
         add(variation, name, std::move(arguments), Ending::answered);
}

void ToolCases::skip(std::string_view variation, std::string why) {
  skip(variation, "", std::move(why));
}

void ToolCases::skip(std::string_view variation, const std::string& name, std::string why) {
  TestCase skipped;
  skipped.tool = tool_;
  skipped.variation = variation;
  skipped.name = name.empty() ? "" : unique_name(variation, name);
  skipped.skip = std::move(why);
  cases_.push_back(std::move(skipped));
}

bool ToolCases::has(std::string_view variation) const {
  return std::any_of(cases_.begin(), cases_.end(),
                     [&](const TestCase& each) { return each.variation == variation; });
}

Json ToolCases::around(const SamplePlace& place) const {
  Json base = fewest.value;
  if (!base.contains(place.at.parent_pointer())) {
    Json::json_pointer top = place.at;
    while (!top.parent_pointer().empty()) top = top.parent_pointer();
    base[top] = all.value[top];
  }
  Json whole = base;
  whole[place.at] = all.value.contains(place.at) ? all.value[place.at] : Json();
  return schema.judge(whole) == ForeignSchema::Verdict::conforms ? base : all.value;
}

Json ToolCases::with(const SamplePlace& place, Json value) const {
  Json arguments = around(place);
  arguments[place.at] = std::move(value);
  return arguments;
}

Json ToolCases::without(const SamplePlace& place) const {
  Json arguments = around(place);
  Json& holder = arguments[place.at.parent_pointer()];
  if (holder.is_object()) holder.erase(place.at.back());
  return arguments;
}

std::vector<TestCase> ToolCases::take() {
  for (const auto& [variation, count] : left_out_)
    skip(variation, "further ones",
         fmt::format("up to {} more would be beyond the bound of {} cases for a tool", count,
                     options.max_cases));
  std::stable_sort(cases_.begin(), cases_.end(), [](const TestCase& one, const TestCase& other) {
    const auto place = [](const TestCase& each) {
      return std::find(k_derived_variations.begin(), k_derived_variations.end(), each.variation);
    };
    return place(one) < place(other);
  });
  return std::move(cases_);
}

}  // namespace exai::suite
