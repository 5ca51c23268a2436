#include "suite/surface/diff_entries.hpp"

#include "core/json_access.hpp"
#include "suite/surface/schema_diff.hpp"
#include "suite/surface/schema_facts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/core.h>

namespace exai::suite {
namespace {

/// One member of an entry as it was and as it is; null where it is not there.
struct MemberPair {
  const Json& before;
  const Json& after;
  std::string place;
  std::vector<SurfaceChange>& changes;

  void say(ChangeKind kind, std::string why) const { changes.push_back({place, kind, std::move(why)}); }
  void say(std::string_view below, ChangeKind kind, std::string why) const {
    changes.push_back({joined_place(place, below), kind, std::move(why)});
  }
  [[nodiscard]] std::string_view verb() const {
    return before.is_null() ? "is new" : after.is_null() ? "is gone" : "changed";
  }
};

ChangeKind kind_of_effect(SchemaEffect effect, SchemaFlow flow) {
  switch (effect) {
    case SchemaEffect::narrowed:
      return flow == SchemaFlow::input ? ChangeKind::breaking : ChangeKind::compatible;
    case SchemaEffect::widened:
      return flow == SchemaFlow::input ? ChangeKind::compatible : ChangeKind::breaking;
    case SchemaEffect::harmless:
      return ChangeKind::compatible;
    case SchemaEffect::breaks:
      return ChangeKind::breaking;
    case SchemaEffect::wording:
      return ChangeKind::wording;
  }
  return ChangeKind::breaking;
}

void compare_schema_member(const MemberPair& member, SchemaFlow flow) {
  for (SchemaChange& change : compare_schemas(member.before, member.after, member.place, flow))
    member.changes.push_back(
        {std::move(change.place), kind_of_effect(change.effect, flow), std::move(change.why)});
}

void compare_input_schema(const MemberPair& member) {
  if (member.before.is_null() || member.after.is_null())
    return member.say(ChangeKind::breaking, fmt::format("{}, and every tool must have one", member.verb()));
  compare_schema_member(member, SchemaFlow::input);
}

void compare_output_schema(const MemberPair& member) {
  if (member.before.is_null())
    return member.say(ChangeKind::compatible, "is new: answers now keep to a schema");
  if (member.after.is_null())
    return member.say(ChangeKind::breaking, "is gone: answers promise no form any more");
  compare_schema_member(member, SchemaFlow::output);
}

/// A hint of a tool: what it says when it is absent, and which of its values asks for more care.
struct ToolHint {
  std::string_view name;
  bool otherwise;
  bool careful;
  std::string_view why;
};
constexpr ToolHint k_tool_hints[] = {
    {"readOnlyHint", false, false, "the tool may now change something"},
    {"destructiveHint", true, true, "the tool may now destroy something"},
    {"idempotentHint", false, false, "a second call may now do something again"},
    {"openWorldHint", true, true, "the tool may now reach the world outside"}};

void compare_hint(const ToolHint& hint, const MemberPair& member, bool read_only) {
  const Json &before = member_of(member.before, hint.name), &after = member_of(member.after, hint.name);
  if (before == after) return;
  const auto is_hint = [](const Json& value) { return value.is_null() || value.is_boolean(); };
  if (!is_hint(before) || !is_hint(after))
    return member.say(hint.name, ChangeKind::breaking, "changed, and is neither true nor false");
  const bool was = before.is_null() ? hint.otherwise : before.get<bool>();
  const bool is = after.is_null() ? hint.otherwise : after.get<bool>();
  if (was == is) return member.say(hint.name, ChangeKind::wording, "says what held without it as well");
  // Of a tool that changes nothing these two say nothing.
  const bool idle = read_only && (hint.name == "destructiveHint" || hint.name == "idempotentHint");
  if (idle) return member.say(hint.name, ChangeKind::wording, "changed, and the tool only reads");
  if (is == hint.careful) return member.say(hint.name, ChangeKind::breaking, std::string(hint.why));
  member.say(hint.name, ChangeKind::compatible, "the tool now promises more");
}

std::set<std::string> names_of_both(const Json& before, const Json& after) {
  std::set<std::string> names;
  for (const Json* each : {&before, &after})
    if (each->is_object())
      for (const auto& [name, value] : each->items()) names.insert(name);
  return names;
}

bool is_object_or_none(const Json& value) {
  return value.is_null() || value.is_object();
}

void compare_tool_annotations(const MemberPair& member) {
  if (!is_object_or_none(member.before) || !is_object_or_none(member.after))
    return member.say(ChangeKind::breaking, "changed, and is no object");
  const bool read_only =
      member_of(member.before, "readOnlyHint") == true && member_of(member.after, "readOnlyHint") == true;
  for (const ToolHint& hint : k_tool_hints) compare_hint(hint, member, read_only);
  for (const std::string& name : names_of_both(member.before, member.after)) {
    if (member_of(member.before, name) == member_of(member.after, name)) continue;
    if (std::any_of(std::begin(k_tool_hints), std::end(k_tool_hints),
                    [&](const ToolHint& hint) { return hint.name == name; }))
      continue;
    if (name == "title")
      member.say(name, ChangeKind::wording, "changed");
    else
      member.say(name, ChangeKind::breaking, "changed, and what this annotation means cannot be judged");
  }
}

/// Whether a call may, must or cannot become a task; absent is "forbidden".
void compare_execution(const MemberPair& member) {
  const auto support = [](const Json& execution) {
    const std::string word = text_of(execution, "taskSupport");
    return word.empty() ? std::string("forbidden") : word;
  };
  const std::string was = support(member.before), is = support(member.after);
  Json before = member.before, after = member.after;
  for (Json* each : {&before, &after}) {
    if (each->is_null()) *each = Json::object();
    if (each->is_object()) each->erase("taskSupport");
  }
  if (before != after) member.say(ChangeKind::breaking, "changed, and what it means cannot be judged");
  if (was == is) return;
  const bool more = was != "required" && is == "optional";
  const bool less = was == "required" && is == "optional";
  member.say("taskSupport", more || less ? ChangeKind::compatible : ChangeKind::breaking,
             fmt::format("was {}, is {}", shown_value(was), shown_value(is)));
}

void compare_argument(const MemberPair& argument) {
  for (const std::string& name : names_of_both(argument.before, argument.after)) {
    const Json &before = member_of(argument.before, name), &after = member_of(argument.after, name);
    if (before == after) continue;
    if (name == "required") {
      if ((before == true) == (after == true))
        argument.say(name, ChangeKind::wording, "says what held without it as well");
      else if (after == true)
        argument.say(name, ChangeKind::breaking, "must now be given");
      else
        argument.say(name, ChangeKind::compatible, "may now be left out");
    } else if (name == "description" || name == "title") {
      argument.say(name, ChangeKind::wording, "changed");
    } else {
      argument.say(name, ChangeKind::breaking, "changed, and what it means cannot be judged");
    }
  }
}

std::map<std::string, const Json*> arguments_by_name(const Json& arguments) {
  std::map<std::string, const Json*> found;
  for (const Json& argument : arguments) found.emplace(text_of(argument, "name"), &argument);
  return found;
}

void compare_arguments(const MemberPair& member) {
  const auto is_list = [](const Json& value) { return value.is_null() || value.is_array(); };
  if (!is_list(member.before) || !is_list(member.after))
    return member.say(ChangeKind::breaking, "changed, and is no list");
  const auto were = arguments_by_name(member.before), are = arguments_by_name(member.after);
  const std::size_t before = member.changes.size();
  for (const auto& [name, argument] : were) {
    const auto found = are.find(name);
    if (found == are.end())
      member.say(name, ChangeKind::breaking, "is gone");
    else if (*argument != *found->second)
      compare_argument({*argument, *found->second, joined_place(member.place, name), member.changes});
  }
  for (const auto& [name, argument] : are) {
    if (were.count(name) > 0) continue;
    const bool needed = member_of(*argument, "required") == true;
    member.say(name, needed ? ChangeKind::breaking : ChangeKind::compatible,
               needed ? "is new and must be given" : "is new and may be left out");
  }
  if (member.changes.size() == before)
    member.say(ChangeKind::wording, "are in another order, or one name stands twice");
}

void compare_mime_type(const MemberPair& member) {
  if (member.before.is_null()) return member.say(ChangeKind::compatible, "is now said");
  member.say(ChangeKind::breaking,
             fmt::format("was {}, is {}", shown_value(member.before),
                         member.after.is_null() ? "not said" : shown_value(member.after)));
}

/// Annotations of resources: for whom it is, and how much it matters.
void compare_resource_annotations(const MemberPair& member) {
  for (const std::string& name : names_of_both(member.before, member.after)) {
    const Json &before = member_of(member.before, name), &after = member_of(member.after, name);
    if (before == after) continue;
    if (name == "priority") {
      member.say(name, ChangeKind::wording, "changed");
      continue;
    }
    bool kept = name == "audience" && after.is_array() && before.is_array();
    for (const std::string& one : texts_of(before)) {
      const std::vector<std::string> all = texts_of(after);
      kept = kept && std::find(all.begin(), all.end(), one) != all.end();
    }
    member.say(name, kept ? ChangeKind::compatible : ChangeKind::breaking, std::string("changed"));
  }
  if (!is_object_or_none(member.before) || !is_object_or_none(member.after))
    member.say(ChangeKind::breaking, "changed, and is no object");
}

void wording_only(const MemberPair& member) {
  member.say(ChangeKind::wording, std::string(member.verb()));
}

/// How a member of an entry is compared, in which lists.
struct MemberRule {
  std::string_view lists;  ///< "tools prompts"
  std::string_view member;
  void (*compare)(const MemberPair&);
};
constexpr MemberRule k_member_rules[] = {
    {"tools prompts resources resourceTemplates", "title", wording_only},
    {"tools prompts resources resourceTemplates", "description", wording_only},
    {"tools prompts resources resourceTemplates", "icons", wording_only},
    {"resources resourceTemplates", "name", wording_only},
    {"tools", "inputSchema", compare_input_schema},
    {"tools", "outputSchema", compare_output_schema},
    {"tools", "annotations", compare_tool_annotations},
    {"tools", "execution", compare_execution},
    {"prompts", "arguments", compare_arguments},
    {"resources resourceTemplates", "mimeType", compare_mime_type},
    {"resources resourceTemplates", "annotations", compare_resource_annotations}};

const MemberRule* rule_of(std::string_view list, std::string_view member) {
  for (const MemberRule& rule : k_member_rules)
    if (rule.member == member &&
        (" " + std::string(rule.lists) + " ").find(fmt::format(" {} ", list)) != std::string::npos)
      return &rule;
  return nullptr;
}

}  // namespace

void compare_entries(std::string_view list, const std::string& place, const Json& before, const Json& after,
                     std::vector<SurfaceChange>& changes) {
  if (!before.is_object() || !after.is_object()) {
    changes.push_back({place, ChangeKind::breaking, "changed, and is no object"});
    return;
  }
  for (const std::string& name : names_of_both(before, after)) {
    const Json &was = member_of(before, name), &is = member_of(after, name);
    const MemberPair member{was, is, joined_place(place, name), changes};
    if (was == is) {
      // null and absent are one for every reader, and two for the file.
      if (before.contains(name) != after.contains(name))
        member.say(ChangeKind::wording, "is written differently and means the same");
      continue;
    }
    const MemberRule* rule = rule_of(list, name);
    if (rule == nullptr)
      member.say(ChangeKind::breaking, fmt::format("{}, and what it means cannot be judged", member.verb()));
    else
      rule->compare(member);
  }
}

}  // namespace exai::suite
