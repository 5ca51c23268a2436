// Rules about what tools promise: schemas and annotations.
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/surface/phrases.hpp"
#include "suite/surface/scan.hpp"
#include "suite/surface/schema_facts.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

ScanText tool_member(std::size_t input, std::size_t index, const Json& tool, const char* member) {
  ScanText text;
  text.input = input;
  text.pointer = fmt::format("/tools/{}{}{}", index, *member == '\0' ? "" : "/", member);
  text.place = joined_place("tools", text_of(tool, "name"));
  if (*member != '\0') text.place = joined_place(text.place, member);
  return text;
}

template <class Look>
void for_each_tool(const ScanView& view, const Look& look) {
  for (std::size_t input = 0; input < view.inputs.size(); ++input) {
    std::size_t index = 0;
    for (const Json& tool : view.inputs[input].surface.tools) look(input, index++, tool);
  }
}

/// What the schema leaves open, in words; nothing when it says what arguments there are.
std::optional<std::string> openness_of(const Json& schema) {
  if (schema.is_null()) return "is missing, so that any arguments are taken";
  if (!schema.is_object()) return "is no object, so that any arguments are taken";
  const bool has_properties = member_of(schema, "properties").is_object() && !schema["properties"].empty();
  const bool refers = std::any_of(schema.items().begin(), schema.items().end(), [](const auto& member) {
    constexpr std::string_view k_elsewhere[] = {
        "$ref", "allOf", "anyOf", "oneOf", "patternProperties", "propertyNames"};
    return std::find(std::begin(k_elsewhere), std::end(k_elsewhere), member.key()) != std::end(k_elsewhere);
  });
  if (has_properties || refers) return std::nullopt;
  const Json& others = member_of(schema, "additionalProperties");
  if (schema.empty()) return "is empty, so that any arguments are taken";
  if (!others.is_null() && others != false && allows_all(others)) return "takes any arguments of any type";
  return std::nullopt;
}

void look_for_open_schemas(const SurfaceRule& rule, const ScanView& view) {
  for_each_tool(view, [&](std::size_t input, std::size_t index, const Json& tool) {
    if (!tool.is_object()) return;
    const auto open = openness_of(member_of(tool, "inputSchema"));
    if (!open) return;
    const ScanText text = tool_member(input, index, tool, "inputSchema");
    view.found(finding_at(rule, text, fmt::format("{} {}", text.place, *open)));
  });
}

void look_for_missing_annotations(const SurfaceRule& rule, const ScanView& view) {
  for (std::size_t input = 0; input < view.inputs.size(); ++input) {
    const Json& tools = view.inputs[input].surface.tools;
    const auto says_nothing = [](const Json& tool) {
      const Json& annotations = member_of(tool, "annotations");
      return !member_of(annotations, "readOnlyHint").is_boolean() &&
             !member_of(annotations, "destructiveHint").is_boolean();
    };
    const auto silent = std::count_if(tools.begin(), tools.end(), says_nothing);
    if (silent == 0) continue;
    ScanText text;
    text.input = input;
    text.pointer = "/tools";
    text.place = "tools";
    view.found(finding_at(rule, text,
                          fmt::format("{} of {} tools do not say whether they change or destroy anything",
                                      silent, tools.size())));
  }
}

/// A tool that only reads and is called "delete".
void look_for_contradictions(const SurfaceRule& rule, const ScanView& view) {
  static const Phrase k_changing(
      "delete,remove,drop,destroy,erase,purge,wipe,overwrite,truncate,kill,terminate,execute,exec,shutdown,"
      "uninstall");
  for_each_tool(view, [&](std::size_t input, std::size_t index, const Json& tool) {
    const Json& annotations = member_of(tool, "annotations");
    if (member_of(annotations, "readOnlyHint") != true) return;
    std::string name = text_of(tool, "name");
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '_' || c == '-' || c == '.'; }, ' ');
    const auto match = k_changing.find_in(TextWords(name));
    const bool destroys = member_of(annotations, "destructiveHint") == true;
    // The verb is the first word, or the second behind a prefix of the server's.
    if ((!match || match->first > 1) && !destroys) return;
    const ScanText text = tool_member(input, index, tool, "annotations");
    view.found(finding_at(rule, text,
                          fmt::format("{} says that the tool only reads, and {} otherwise", text.place,
                                      destroys ? "destructiveHint says" : "its name says")));
  });
}

const Registered<SurfaceRule> k_open{SurfaceRule{
    .id = "surface.accepts-anything",
    .title = "every tool says which arguments it takes",
    .help =
        "A schema that allows everything lets a model, or whoever steers it, send whatever it has. Name the "
        "properties and their types.",
    .severity = ScanSeverity::warning,
    .look = look_for_open_schemas}};
const Registered<SurfaceRule> k_unannotated{
    SurfaceRule{.id = "surface.missing-annotations",
                .title = "tools say whether they change anything",
                .help = "Without readOnlyHint and destructiveHint a client must take every tool for one that "
                        "destroys. Add them; "
                        "what they say is a hint, not a guarantee.",
                .severity = ScanSeverity::note,
                .look = look_for_missing_annotations}};
const Registered<SurfaceRule> k_contradicting{
    SurfaceRule{.id = "surface.contradicting-annotations",
                .title = "annotations and names agree",
                .help = "A client may run what only reads without asking. A tool that claims so and is "
                        "called otherwise is to be "
                        "looked at before it is used.",
                .severity = ScanSeverity::warning,
                .look = look_for_contradictions}};

}  // namespace
}  // namespace exai::suite
