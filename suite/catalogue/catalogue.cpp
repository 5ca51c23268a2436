#include "suite/catalogue/catalogue.hpp"

#include "core/json_access.hpp"
#include "core/packed.hpp"
#include "core/text.hpp"
#include "suite/catalogue/case_reader.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::packed {
/// Of the build (CMakeLists.txt): path and packed document.
const std::vector<std::pair<std::string_view, std::string_view>>& cases();
}  // namespace exai::packed

namespace exai::suite {
namespace {

using Classes = std::map<std::string, Millis, std::less<>>;

tl::unexpected<Error> no_catalogue(const Node& node, std::string message, std::string hint = {}) {
  return fail(make_error(ErrorKind::config, std::move(message), std::move(hint)).at(node.where));
}

const std::vector<std::string>& variation_names() {
  static const std::vector<std::string> names(k_variations.begin(), k_variations.end());
  return names;
}

Result<Classes> read_classes(const Node& document) {
  Classes classes;
  if (const Node* node = document.find("classes"))
    for (const auto& [name, field] : node->fields) {
      const auto time = parse_duration(field.scalar);
      if (!time) return no_catalogue(field, time.error().message, time.error().hint);
      classes[name] = *time;
    }
  return classes;
}

/// The group that a tool names, or nothing when it names none.
Result<const Node*> group_of(const Node& document, const Node& tool) {
  const Node* word = tool.find("group");
  if (word == nullptr) return nullptr;
  const Node* groups = document.find("groups");
  std::vector<std::string> names;
  if (groups != nullptr)
    for (const auto& [name, group] : groups->fields) {
      if (name == word->scalar) return &group;
      names.push_back(name);
    }
  return no_catalogue(*word, fmt::format("there is no group \"{}\"", printable(word->scalar)),
                      did_you_mean(word->scalar, names));
}

Result<Millis> class_of(const Node& tool, const Node* group, const Classes& classes) {
  const Node* word = tool.find("class");
  if (word == nullptr && group != nullptr) word = group->find("class");
  if (word == nullptr) return no_catalogue(tool, "the tool has no class", "class: local");
  const auto found = classes.find(word->scalar);
  if (found != classes.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, time] : classes) names.push_back(name);
  return no_catalogue(*word, fmt::format("there is no class \"{}\"", printable(word->scalar)),
                      did_you_mean(word->scalar, names));
}

/// What the tool or its group says of all cases; the tool's own comes after that of its group and wins.
Result<void> add_defaults(const Node& node, CaseDefaults& defaults) {
  if (const Node* base = node.find("base")) {
    auto arguments = json_of(*base, defaults.values);
    if (!arguments) return fail(arguments.error());
    if (!arguments->is_object()) return no_catalogue(*base, "base is a mapping of arguments");
    defaults.base.merge_patch(*arguments);
  }
  const auto needs = texts_of_node(node.find("needs"));
  if (!needs) return fail(needs.error());
  defaults.needs.insert(defaults.needs.end(), needs->begin(), needs->end());
  const auto spends = truth_of(node, "spends_money", defaults.spends_money);
  if (!spends) return fail(spends.error());
  defaults.spends_money = *spends;
  return {};
}

Result<CaseDefaults> defaults_of(const std::string& name, const Node& tool, const Node* group,
                                 const Classes& classes) {
  CaseDefaults defaults;
  defaults.tool = name;
  const auto expected = class_of(tool, group, classes);
  if (!expected) return fail(expected.error());
  defaults.expected = *expected;
  for (const Node* node : {group, &tool}) {
    if (node == nullptr) continue;
    if (const Node* values = node->find("values"))
      for (const auto& [key, field] : values->fields) {
        auto value = json_of(field, {});
        if (!value) return fail(value.error());
        defaults.values[key] = std::move(*value);
      }
  }
  for (const Node* node : {group, &tool})
    if (node != nullptr)
      if (auto added = add_defaults(*node, defaults); !added) return fail(added.error());
  return defaults;
}

Result<void> variations_are_known(const Node* cases) {
  if (cases == nullptr) return {};
  return only_fields(*cases, variation_names());
}

/// The tool's own word on a variation, else that of its group.
const Node* word_on(std::string_view variation, const Node& tool, const Node* group) {
  for (const Node* node : {&tool, group}) {
    const Node* cases = node == nullptr ? nullptr : node->find("cases");
    if (cases == nullptr) continue;
    if (const Node* word = cases->find(variation)) return word;
  }
  return nullptr;
}

Result<std::vector<TestCase>> read_tool(const Node& document, const std::string& name, const Node& tool,
                                        const Classes& classes) {
  if (auto fields = only_fields(tool, {"group", "class", "base", "needs", "spends_money", "values", "cases"});
      !fields)
    return fail(fields.error());
  const auto group = group_of(document, tool);
  if (!group) return fail(group.error());
  const auto defaults = defaults_of(name, tool, *group, classes);
  if (!defaults) return fail(defaults.error());
  if (auto known = variations_are_known(tool.find("cases")); !known) return fail(known.error());
  std::vector<TestCase> all;
  for (const std::string& variation : variation_names()) {
    const Node* word = word_on(variation, tool, *group);
    if (word == nullptr)
      return no_catalogue(tool, fmt::format("the tool {} says nothing on {}", name, variation),
                          fmt::format("{}: \"why it does not apply\"", variation));
    auto cases = read_cases(*word, variation, *defaults);
    if (!cases) return cases;
    all.insert(all.end(), std::move_iterator(cases->begin()), std::move_iterator(cases->end()));
  }
  return all;
}

Finding coverage_finding(Status severity, std::string message, std::string hint) {
  Finding finding;
  finding.severity = severity;
  finding.rule = "catalogue.coverage";
  finding.message = printable(message);
  finding.hint = std::move(hint);
  return finding;
}

}  // namespace

Result<std::vector<TestCase>> read_catalogue(const Node& document) {
  if (auto fields = only_fields(document, {"version", "classes", "groups", "tools"}); !fields)
    return fail(fields.error());
  if (document.text("version") != "1") return no_catalogue(document, "the catalogue's version is not 1");
  const auto classes = read_classes(document);
  if (!classes) return fail(classes.error());
  if (const Node* groups = document.find("groups"))
    for (const auto& [name, group] : groups->fields) {
      if (auto fields = only_fields(group, {"class", "base", "needs", "spends_money", "values", "cases"});
          !fields)
        return fail(fields.error());
      if (auto known = variations_are_known(group.find("cases")); !known) return fail(known.error());
    }
  const Node* tools = document.find("tools");
  if (tools == nullptr || tools->fields.empty()) return no_catalogue(document, "the catalogue has no tools");
  std::vector<TestCase> all;
  for (const auto& [name, tool] : tools->fields) {
    auto cases = read_tool(document, name, tool, *classes);
    if (!cases) return fail(std::move(cases).error().during(fmt::format("reading the tool {}", name)));
    all.insert(all.end(), std::move_iterator(cases->begin()), std::move_iterator(cases->end()));
  }
  return all;
}

Result<std::vector<TestCase>> load_catalogue() {
  const auto& [file, text] = packed::cases().front();
  const auto document = unpack(text, std::string(file));
  if (!document) return fail(document.error());
  return read_catalogue(*document);
}

std::vector<Finding> check_catalogue(const std::vector<TestCase>& cases, const Json& tools,
                                     const std::vector<HiddenTool>& hidden) {
  std::set<std::string> tested, offered;
  for (const TestCase& test : cases) tested.insert(test.tool);
  for (const Json& tool : tools) offered.insert(text_of(tool, "name"));
  std::vector<Finding> findings;
  for (const std::string& name : offered)
    if (tested.find(name) == tested.end())
      findings.push_back(coverage_finding(Status::fail, fmt::format("the tool {} has no case", name),
                                          did_you_mean(name, {tested.begin(), tested.end()})));
  for (const std::string& name : tested) {
    if (offered.find(name) != offered.end()) continue;
    const auto known =
        std::find_if(hidden.begin(), hidden.end(), [&](const HiddenTool& one) { return one.first == name; });
    if (known != hidden.end())
      findings.push_back(
          coverage_finding(Status::skip, fmt::format("the server hides {}: {}", name, known->second), ""));
    else
      findings.push_back(coverage_finding(
          Status::fail, fmt::format("the catalogue has cases of {}, which the server does not offer", name),
          did_you_mean(name, {offered.begin(), offered.end()})));
  }
  return findings;
}

}  // namespace exai::suite
