// Rules about names: whose tool is it that the model calls.
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/surface/scan.hpp"
#include "suite/surface/unicode.hpp"

#include <algorithm>
#include <map>

#include <fmt/core.h>

namespace exai::suite {
namespace {

/// A tool's name and where it stands.
struct NamedTool {
  std::size_t input = 0, index = 0;
  std::string name;
  [[nodiscard]] std::string pointer() const { return fmt::format("/tools/{}/name", index); }
};

std::vector<NamedTool> named_tools(const std::vector<ScanInput>& inputs) {
  std::vector<NamedTool> all;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    std::size_t index = 0;
    for (const Json& tool : inputs[input].surface.tools) {
      if (std::string name = text_of(tool, "name"); !name.empty())
        all.push_back({input, index, std::move(name)});
      ++index;
    }
  }
  return all;
}

/// What a model takes for one name: letters and digits alone, lookalikes as what they look like, and digits
/// that are drawn as letters.
std::string look_of_name(const std::string& name) {
  std::string out;
  for (const char c : folded(name)) {
    if (c == '_' || c == '-' || c == '.' || c == ' ' || c == '/') continue;
    out += c == '0' ? 'o' : c == '1' ? 'l' : c;
  }
  return out;
}

ScanFinding name_finding(const SurfaceRule& rule, const NamedTool& tool, ScanSeverity severity,
                         std::string message) {
  ScanText text;
  text.input = tool.input;
  text.pointer = tool.pointer();
  text.place = joined_place("tools", tool.name);
  ScanFinding finding =
      finding_at(rule, text, std::move(message), visible_excerpt(tool.name, 0, tool.name.size()));
  finding.severity = severity;
  return finding;
}

void look_for_shadows(const SurfaceRule& rule, const ScanView& view) {
  std::map<std::string, std::vector<NamedTool>> alike;
  for (NamedTool& tool : named_tools(view.inputs)) alike[look_of_name(tool.name)].push_back(std::move(tool));
  for (const auto& [look, tools] : alike)
    for (std::size_t at = 1; at < tools.size(); ++at) {
      const NamedTool &first = tools.front(), &tool = tools[at];
      const bool same = first.name == tool.name, elsewhere = first.input != tool.input;
      const std::string owner = elsewhere ? printable(view.inputs[first.input].label) : "the same server";
      // Two names of one server that differ in an underscore are its own affair.
      if (!same && !elsewhere && is_utf8(tool.name) && folded(tool.name) == to_lower(tool.name)) continue;
      view.found(
          name_finding(rule, tool, same ? ScanSeverity::warning : ScanSeverity::error,
                       fmt::format("the name {} {} the one of a tool of {}", quote_json(printable(tool.name)),
                                   same ? "is" : "looks like", owner)));
    }
}

/// A name in Latin letters with one that only looks so.
void look_for_disguises(const SurfaceRule& rule, const ScanView& view) {
  for (const NamedTool& tool : named_tools(view.inputs)) {
    bool latin = false, disguised = false;
    for (const TextCharacter& character : characters_of(tool.name)) {
      latin = latin || (character.code < 0x80 && character.code > ' ');
      disguised = disguised || lookalike(character.code).has_value();
    }
    if (latin && disguised)
      view.found(
          name_finding(rule, tool, rule.severity,
                       fmt::format("the name of {} has letters of another script that look like Latin ones",
                                   joined_place("tools", tool.name))));
  }
}

void look_for_nameless(const SurfaceRule& rule, const ScanView& view) {
  for (std::size_t input = 0; input < view.inputs.size(); ++input)
    for (const SurfaceList& list : k_surface_lists) {
      std::size_t index = 0;
      for (const Json& entry : view.inputs[input].surface.*list.entries) {
        const std::size_t number = index++;
        if (!text_of(entry, list.key).empty()) continue;
        ScanText text;
        text.input = input;
        text.pointer = fmt::format("/{}/{}", list.name, number);
        text.place = fmt::format("{}.{}", list.name, number);
        view.found(finding_at(rule, text, fmt::format("{} has no {}", text.place, list.key)));
      }
    }
}

const Registered<SurfaceRule> k_shadowed{
    SurfaceRule{.id = "surface.shadowed-name",
                .title = "each tool has a name of its own",
                .help = "A tool of the same name, or of one that looks the same, in another server of the "
                        "same client gets the "
                        "calls that were meant for the first. Scan the files of all servers of a client "
                        "together; rename one, or "
                        "leave one server out.",
                .severity = ScanSeverity::error,
                .look = look_for_shadows}};
const Registered<SurfaceRule> k_disguised{SurfaceRule{
    .id = "surface.disguised-name",
    .title = "names are written in one script",
    .help = "A Cyrillic or Greek letter in a Latin name makes another name of it that nobody can tell apart.",
    .look = look_for_disguises}};
const Registered<SurfaceRule> k_nameless{
    SurfaceRule{.id = "surface.malformed-entry",
                .title = "every entry is an object with a name",
                .help = "An entry without its name cannot be called and may hide from reviews what a client "
                        "shows all the same.",
                .severity = ScanSeverity::warning,
                .look = look_for_nameless}};

}  // namespace
}  // namespace exai::suite
