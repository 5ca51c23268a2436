// A tool's entry in tools/list.
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/derive/findings.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_name_characters = 128;

void judge_tool_name(const Json& entry, FindingList& findings) {
  if (!findings.needed_member(entry, "name", "string", "tool.name", "")) return;
  const std::string name = text_of(entry, "name");
  if (name.empty())
    return findings.error("tool.name", "/name",
                          "the name is empty, and so nobody can call the tool: name it");
  if (characters(name) > k_name_characters)
    findings.warning("tool.name", "/name",
                     fmt::format("the name has {} characters, and clients cut or refuse more "
                                 "than 128: shorten it",
                                 characters(name)));
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (std::isalnum(c) != 0 && c < 0x80) || c == '_' || c == '-' || c == '.';
  });
  if (!plain)
    findings.warning(
        "tool.name", "/name",
        "the name has other characters than A-Z, a-z, 0-9, _, - and ., which clients and models do not "
        "all take: replace them");
}

void judge_entry_schema(const Json& entry, const char* key, bool object_needed, FindingList& findings) {
  const Json& schema = member_of(entry, key);
  const std::string at = std::string("/") + key;
  if (object_needed && member_of(schema, "type") != "object")
    findings.error("tool.schema", at + "/type",
                   fmt::format("the type of {} is \"object\": say so, with the values in properties", key));
  const ForeignSchema read = ForeignSchema::read(schema);
  for (const SchemaFlaw& flaw : read.flaws())
    findings.error("tool.schema", at + flaw.pointer, "the schema is malformed: " + flaw.message);
}

void judge_required(const Json& entry, FindingList& findings) {
  const Json& input = member_of(entry, "inputSchema");
  const Json& properties = member_of(input, "properties");
  if (member_of(input, "additionalProperties") != false) return;
  for (const std::string& name : texts_of(input, "required"))
    if (!properties.contains(name) && !input.contains("patternProperties") && !input.contains("$ref"))
      findings.error(
          "tool.schema", "/inputSchema/required",
          fmt::format("{} is required and not allowed, so no call can be right: add it to properties",
                      name.substr(0, 100)));
}

void judge_hints(const Json& entry, FindingList& findings) {
  if (!findings.optional_member(entry, "annotations", "object", "tool.annotations", "")) return;
  const Json& annotations = member_of(entry, "annotations");
  if (!annotations.is_object()) return;
  for (const char* key : {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"})
    findings.optional_member(annotations, key, "boolean", "tool.annotations", "/annotations");
  findings.optional_member(annotations, "title", "string", "tool.annotations", "/annotations");
  if (member_of(annotations, "readOnlyHint") == true && member_of(annotations, "destructiveHint") == true)
    findings.warning("tool.annotations", "/annotations",
                     "the tool says that it only reads and that it destroys: take one of the two away");
}

void judge_execution(const Json& entry, FindingList& findings) {
  if (!findings.optional_member(entry, "execution", "object", "tool.execution", "")) return;
  const Json& support = member_of(member_of(entry, "execution"), "taskSupport");
  if (!support.is_null() && support != "forbidden" && support != "optional" && support != "required")
    findings.error("tool.execution", "/execution/taskSupport",
                   "taskSupport is forbidden, optional or required");
}

void judge_icons(const Json& entry, FindingList& findings) {
  if (!findings.optional_member(entry, "icons", "array", "tool.icons", "")) return;
  std::size_t number = 0;
  for (const Json& icon : member_of(entry, "icons")) {
    const std::string at = fmt::format("/icons/{}", number++);
    if (!icon.is_object())
      findings.error("tool.icons", at, "an icon is an object with src");
    else
      findings.needed_member(icon, "src", "string", "tool.icons", at);
  }
}

}  // namespace

std::vector<ConformanceFinding> ToolJudge::entry() const {
  FindingList findings;
  if (!entry_.is_object()) {
    findings.error("tool.object", "",
                   fmt::format("an entry of tools/list is an object, got {}: send name and inputSchema",
                               entry_.type_name()));
    return findings.take();
  }
  judge_tool_name(entry_, findings);
  for (const char* key : {"title", "description"})
    findings.optional_member(entry_, key, "string", "tool.text", "");
  if (findings.needed_member(entry_, "inputSchema", "object", "tool.schema", "")) {
    judge_entry_schema(entry_, "inputSchema", true, findings);
    judge_required(entry_, findings);
  }
  const bool any_output = options_.revision >= "2026-07-28";
  if (entry_.contains("outputSchema") &&
      (any_output || findings.needed_member(entry_, "outputSchema", "object", "tool.schema", "")))
    judge_entry_schema(entry_, "outputSchema", !any_output, findings);
  judge_hints(entry_, findings);
  judge_execution(entry_, findings);
  judge_icons(entry_, findings);
  judge_meta(entry_, "", findings);
  return findings.take();
}

}  // namespace exai::suite
