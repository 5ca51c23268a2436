#include "tools/workflows/measures.hpp"

#include <array>

namespace exai::tools {
namespace {

constexpr std::string_view k_argument = "argument:";

struct Measure {
  std::string_view name;
  Json (*value)(const Step& step);
};

constexpr std::array<Measure, 12> k_measures{{
    {"files_checked", [](const Step& s) { return Json(s.gathered.files_checked.size()); }},
    {"relevant_files", [](const Step& s) { return Json(s.gathered.relevant_files.size()); }},
    {"relevant_context", [](const Step& s) { return Json(s.gathered.relevant_context.size()); }},
    {"issues_found", [](const Step& s) { return Json(s.gathered.issues.size()); }},
    {"images", [](const Step& s) { return Json(s.gathered.images.size()); }},
    {"confidence", [](const Step& s) { return Json(s.gathered.confidence); }},
    {"hypotheses", [](const Step& s) { return Json(s.gathered.hypotheses.size()); }},
    {"steps", [](const Step& s) { return Json(s.gathered.steps); }},
    {"issues_by_severity", [](const Step& s) { return counted_by(s.gathered.issues, "severity"); }},
    {"issues_by_type", [](const Step& s) { return counted_by(s.gathered.issues, "type"); }},
    {"step_number", [](const Step& s) { return Json(s.number); }},
    {"total_steps", [](const Step& s) { return Json(s.total); }},
}};

}  // namespace

bool known_measure(std::string_view name) {
  if (name.starts_with(k_argument)) return name.size() > k_argument.size();
  return std::any_of(k_measures.begin(), k_measures.end(), [&](const Measure& m) { return m.name == name; });
}

std::vector<std::string> measure_names() {
  std::vector<std::string> names;
  for (const auto& measure : k_measures) names.emplace_back(measure.name);
  names.emplace_back("argument:NAME");
  return names;
}

Json measured(const Step& step, std::string_view name) {
  if (name.starts_with(k_argument)) return step.argument(std::string(name.substr(k_argument.size())));
  for (const Measure& measure : k_measures)
    if (measure.name == name) return measure.value(step);
  return nullptr;
}

}  // namespace exai::tools
