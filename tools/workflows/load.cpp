#include "core/text.hpp"
#include "mcp/schema.hpp"
#include "tools/workflows/hook.hpp"
#include "tools/workflows/measures.hpp"
#include "tools/workflows/read.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

using Reader = DocumentReader;

const std::vector<std::string> k_confidences{"exploring",      "low",    "medium", "high", "very_high",
                                             "almost_certain", "certain"};
const std::vector<std::string> k_always{"step", "step_number", "total_steps", "next_step_required"};
const std::vector<std::string> k_modes{"minimal", "low", "medium", "high", "max", "thinkdeep"};

void confidences(Reader& reader, const Node& map, std::string_view key, std::vector<std::string>& out) {
  out = reader.texts(map, key);
  for (const std::string& word : out)
    if (std::find(k_confidences.begin(), k_confidences.end(), word) == k_confidences.end())
      reader.wrong(*map.find(key), fmt::format("'{}' is not a confidence", printable(word)),
                   "possible: " + join(k_confidences, ", "));
}

/// The default as the type has it.
Json read_default(Reader& reader, const Node& node, const std::string& type) {
  if (type == "boolean") return reader.flag(node, "default", false);
  if (type == "integer") return reader.whole(node, "default", 0, 0);
  return reader.text(node, "default");
}

Json extra_schema(Reader& reader, const Node& node, WorkflowField& field);

Json object_schema(Reader& reader, const Node& node) {
  const Node& fields = reader.need(node, "fields");
  if (fields.fields.empty()) return {{"type", "object"}};
  Json item{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  Json required = Json::array();
  for (const auto& [name, member] : fields.fields) {
    WorkflowField inner;
    inner.name = name;
    item["properties"][name] = extra_schema(reader, member, inner);
    if (inner.required) required.push_back(name);
  }
  if (!required.empty()) item["required"] = std::move(required);
  return item;
}

void limits(Reader& reader, const Node& node, const std::string& type, Json& schema) {
  struct Limit {
    const char *key, *keyword, *type;
  };
  for (const Limit& limit : {Limit{"minimum", "minimum", "integer"},
                             {"maximum", "maximum", "integer"},
                             {"min_length", "minLength", "string"},
                             {"max_length", "maxLength", "string"},
                             {"min_items", "minItems", "list"},
                             {"max_items", "maxItems", "list"}}) {
    const Node* found = node.find(limit.key);
    if (found == nullptr) continue;
    const bool fits = type == limit.type || (type == "objects" && std::string_view(limit.type) == "list");
    if (!fits) reader.wrong(*found, fmt::format("'{}' does not go with type {}", limit.key, type));
    schema[limit.keyword] = reader.whole(node, limit.key, 0, 0);
  }
  for (const auto& [low, high] :
       {std::pair{"minimum", "maximum"}, {"minLength", "maxLength"}, {"minItems", "maxItems"}})
    if (schema.contains(low) && schema.contains(high) && schema[low] > schema[high])
      reader.wrong(node, fmt::format("{} is greater than {}", low, high));
}

void enumeration(Reader& reader, const Node& node, WorkflowField& field, Json& schema) {
  std::vector<std::string> values = reader.texts(node, "enum");
  for (const auto& [word, meant] : reader.text_map(node, "aliases")) {
    if (std::find(values.begin(), values.end(), meant) == values.end())
      reader.wrong(node, fmt::format("the alias '{}' stands for '{}', which is not in enum", word, meant));
    field.aliases.emplace(word, meant);
  }
  if (values.empty()) return;
  const auto default_value = schema.find("default");
  if (default_value != schema.end() &&
      std::find(values.begin(), values.end(), *default_value) == values.end())
    reader.wrong(*node.find("default"), "the default is not in enum");
  for (const auto& [word, meant] : field.aliases) values.push_back(word);
  schema["enum"] = values;
}

Json extra_schema(Reader& reader, const Node& node, WorkflowField& field) {
  reader.keys(node,
              {"type", "required", "default", "enum", "aliases", "description", "kept", "fields", "assumed",
               "known", "minimum", "maximum", "min_length", "max_length", "min_items", "max_items"});
  reader.need(node, "type");
  const std::string type =
      reader.word(node, "type", {"string", "integer", "boolean", "list", "objects"}, "string");
  const bool many = type == "list" || type == "objects";
  Json schema{{"type", many ? "array" : type}};
  if (std::string words = reader.text(node, "description", false); !words.empty())
    schema["description"] = std::move(words);  // a name may say it all
  if (type == "list") schema["items"] = {{"type", "string"}, {"minLength", 1}};
  if (type == "objects") schema["items"] = object_schema(reader, node);
  if (many) schema["maxItems"] = 1000;
  if (type == "string") schema["maxLength"] = 10000;
  if (node.find("default") != nullptr) schema["default"] = read_default(reader, node, type);
  limits(reader, node, type, schema);
  enumeration(reader, node, field, schema);
  field.required = reader.flag(node, "required", false);
  field.kept = reader.flag(node, "kept", false);
  field.assumed = reader.text(node, "assumed", false);
  field.known = reader.texts(node, "known");
  return schema;
}

void read_fields(Reader& reader, const Node& document, Workflow& flow) {
  const Node& fields = reader.need(document, "fields");
  reader.keys(fields, {"required", "optional"});
  const std::vector<std::string> required = reader.texts(fields, "required");
  const std::vector<std::string> optional = reader.texts(fields, "optional");
  const std::vector<std::string> known = common_field_names();
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (const auto* list : {&required, &optional})
    for (const std::string& name : *list)
      if (!has(known, name))
        reader.wrong(fields, fmt::format("there is no common field '{}'", printable(name)),
                     did_you_mean(name, known));
  for (const std::string& name : known) {
    const bool must = has(k_always, name) || has(required, name);
    if (!must && !has(optional, name)) continue;
    WorkflowField field;
    field.name = name;
    field.schema = *common_field(name);
    field.required = must;
    flow.fields.push_back(std::move(field));
  }
  const Node* extra = document.find("extra");
  if (extra == nullptr) return;
  if (!extra->is_map()) return reader.wrong(*extra, "'extra' must be a mapping of fields");
  for (const auto& [name, node] : extra->fields) {
    if (flow.field(name) != nullptr || common_field(name) != nullptr)
      reader.wrong(node, fmt::format("'{}' is a common field", name), "give the field another name");
    WorkflowField field;
    field.name = name;
    field.schema = extra_schema(reader, node, field);
    flow.fields.push_back(std::move(field));
  }
}

void read_first_step(Reader& reader, const Node& document, Workflow& flow) {
  const Node* list = document.find("first_step");
  if (list == nullptr) return;
  if (!list->is_list()) return reader.wrong(*list, "'first_step' must be a list");
  for (const Node& item : list->items) {
    reader.keys(item, {"field", "message", "example"});
    FirstStepNeed need{reader.text(item, "field"), reader.text(item, "message"),
                       reader.text(item, "example")};
    if (flow.field(need.field) == nullptr)
      reader.wrong(item, fmt::format("the workflow has no field '{}'", printable(need.field)));
    if (!parse_json(need.example)) reader.wrong(item, "the example is not JSON");
    flow.first_step.push_back(std::move(need));
  }
}

void read_status(Reader& reader, const Node& document, Workflow& flow) {
  const Node& status = reader.need(document, "status");
  reader.keys(status, {"in_progress", "paused", "required", "complete", "flag", "skipped", "skipped_expert",
                       "complete_block"});
  flow.in_progress = reader.text(status, "in_progress");
  flow.paused = reader.text(status, "paused");
  flow.required_flag = reader.text(status, "required");
  flow.complete = reader.text(status, "complete");
  flow.complete_flag = reader.text(status, "flag", false);
  if (flow.complete_flag.empty()) flow.complete_flag = flow.complete;
  flow.skipped = reader.text(status, "skipped", false);
  flow.skipped_expert = reader.text(status, "skipped_expert", false);
  flow.complete_key = reader.text(status, "complete_block");
  const Node& counters = reader.need(document, "counters");
  reader.keys(counters, {"block", "common", "extra"});
  flow.block_key = reader.text(counters, "block");
  if (reader.flag(counters, "common", true))
    for (const char* key : {"files_checked", "relevant_files", "relevant_context", "issues_found"})
      flow.counters.push_back({key, key});
  if (reader.flag(counters, "common", true)) {
    flow.counters.push_back({"images_collected", "images"});
    flow.counters.push_back({"current_confidence", "confidence"});
  }
  for (const auto& [key, measure] : reader.text_map(counters, "extra")) {
    if (!known_measure(measure))
      reader.wrong(*counters.find("extra"), fmt::format("nothing is counted as '{}'", printable(measure)),
                   "possible: " + join(measure_names(), ", "));
    flow.counters.push_back({key, measure});
  }
}

ActionRule read_rule(Reader& reader, const Node& node, const Workflow& flow) {
  reader.keys(node, {"step", "step_from", "step_to", "total_from", "confidence", "last", "arguments",
                     "paused", "flag", "list", "do"});
  ActionRule rule;
  rule.step_from = reader.whole(node, "step_from", 1, 0);
  rule.step_to = reader.whole(node, "step_to", 1, 0);
  if (node.find("step") != nullptr) rule.step_from = rule.step_to = reader.whole(node, "step", 1, 0);
  if (rule.step_to != 0 && rule.step_to < rule.step_from)
    reader.wrong(node, "step_to is less than step_from");
  rule.total_from = reader.whole(node, "total_from", 1, 0);
  confidences(reader, node, "confidence", rule.confidence);
  if (node.find("last") != nullptr) rule.last = reader.flag(node, "last", false);
  rule.arguments = reader.text_map(node, "arguments");
  for (const auto& [name, value] : rule.arguments)
    if (flow.field(name) == nullptr)
      reader.wrong(*node.find("arguments"), fmt::format("the workflow has no field '{}'", name));
  rule.paused = reader.text(node, "paused", false);
  rule.flag = reader.text(node, "flag", false);
  rule.list = reader.text(node, "list", false);
  rule.actions = reader.texts(node, "do");
  if (rule.actions.empty()) reader.wrong(node, "a rule without anything to do", "add do: [...]");
  return rule;
}

void read_actions(Reader& reader, const Node& document, Workflow& flow) {
  const Node& list = reader.need(document, "actions");
  for (const Node& item : list.items) flow.actions.push_back(read_rule(reader, item, flow));
  if (!reader.fine()) return;
  if (flow.actions.empty()) return reader.wrong(list, "'actions' needs at least one rule");
  const ActionRule& last = flow.actions.back();
  if (last.step_from != 0 || last.step_to != 0 || last.total_from != 0 || !last.confidence.empty() ||
      last.last || !last.arguments.empty())
    reader.wrong(list.items.back(), "the last rule must fit always: it has conditions",
                 "end with a rule that has only 'do'");
}

void read_expert(Reader& reader, const Node& document, Workflow& flow) {
  const Node* node = document.find("expert");
  if (node == nullptr) return;
  reader.keys(*node, {"ask_from", "always", "skip_at", "thinking", "temperature", "files", "thinkdeep_rules",
                      "lifts", "notes", "question"});
  ExpertPlan plan;
  if (const Node* from = node->find("ask_from")) {
    reader.keys(*from, {"relevant_files", "findings", "issues"});
    plan.from_files = static_cast<std::size_t>(reader.whole(*from, "relevant_files", 1, 0));
    plan.from_findings = static_cast<std::size_t>(reader.whole(*from, "findings", 1, 0));
    plan.from_issues = static_cast<std::size_t>(reader.whole(*from, "issues", 1, 0));
  }
  plan.always = reader.flag(*node, "always", false);
  if (!plan.always && plan.from_files + plan.from_findings + plan.from_issues == 0)
    reader.wrong(*node, "nobody would ever ask the expert", "add always: true or ask_from: {findings: 1}");
  confidences(reader, *node, "skip_at", plan.skip_at);
  if (!plan.skip_at.empty() && (flow.skipped.empty() || flow.skipped_expert.empty()))
    reader.wrong(*node, "skip_at needs the names of status.skipped and status.skipped_expert");
  plan.thinking = reader.word(*node, "thinking", k_modes, "");
  plan.temperature = reader.number(*node, "temperature", 0, 1, 0.2);
  plan.files_always = reader.word(*node, "files", {"always", "by_setting"}, "by_setting") == "always";
  plan.thinkdeep_rules = reader.flag(*node, "thinkdeep_rules", false);
  plan.lifts = reader.texts(*node, "lifts");
  plan.notes = reader.text_map(*node, "notes");
  plan.question = reader.text(*node, "question");
  flow.expert = std::move(plan);
}

void read_texts(Reader& reader, const Node& document, Workflow& flow) {
  const Node& next = reader.need(document, "next_steps");
  reader.keys(next, {"pause", "skipped", "expert", "local"});
  for (auto& [key, text] : reader.text_map(document, "next_steps")) flow.next_steps.emplace(key, text);
  std::vector<std::string> needed{"pause"};
  if (flow.expert) needed.insert(needed.end(), {"skipped", "expert", "local"});
  for (const std::string& key : needed)
    if (flow.next_steps.find(key) == flow.next_steps.end()) reader.need(next, key);
  const std::string hook = reader.text(document, "hook", false);
  for (auto& [key, text] : reader.text_map(document, "texts")) flow.texts.emplace(key, text);
  if (!hook.empty()) {
    flow.hook = find_hook(hook);
    if (flow.hook == nullptr)
      return reader.wrong(*document.find("hook"), fmt::format("there is no hook '{}'", printable(hook)),
                          "possible: " + join(hook_names(), ", "));
    for (const std::string_view key : flow.hook->texts)
      if (flow.texts.find(key) == flow.texts.end())
        reader.wrong(document, fmt::format("the hook {} needs the text '{}'", hook, key),
                     fmt::format("add texts: {{{}: ...}}", key));
  }
  const bool ends = flow.expert || (flow.hook != nullptr && (flow.hook->complete || flow.hook->instead));
  if (!ends)
    reader.wrong(document, "nothing says how the workflow ends", "add an expert, or a hook that ends it");
}

void read_head(Reader& reader, const Node& document, Workflow& flow) {
  reader.keys(document,
              {"name", "title", "description", "annotations", "tier", "fields", "extra", "first_step",
               "status", "counters", "actions", "expert", "next_steps", "texts", "hook"});
  flow.name = reader.text(document, "name");
  flow.title = reader.text(document, "title");
  flow.description = reader.text(document, "description");
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (flow.name.size() > 64 || !std::all_of(flow.name.begin(), flow.name.end(), fits))
    reader.wrong(*document.find("name"), "'name' must match [a-z0-9_-]{1,64}");
  flow.tier = reader.word(document, "tier", {"core", "advanced"}, "advanced") == "core" ? ToolTier::core
                                                                                        : ToolTier::advanced;
  const Node* notes = document.find("annotations");
  if (notes == nullptr) return;
  reader.keys(*notes, {"read_only", "destructive", "idempotent", "open_world"});
  flow.read_only = reader.flag(*notes, "read_only", true);
  flow.destructive = reader.flag(*notes, "destructive", false);
  flow.idempotent = reader.flag(*notes, "idempotent", false);
  flow.open_world = reader.flag(*notes, "open_world", true);
}

}  // namespace

Result<Workflow> read_workflow(const Node& document, std::string prompt) {
  Reader reader;
  Workflow flow;
  read_head(reader, document, flow);
  // One complaint is enough, and what follows would only complain about its consequences.
  if (reader.fine()) read_fields(reader, document, flow);
  if (reader.fine()) read_first_step(reader, document, flow);
  if (reader.fine()) read_status(reader, document, flow);
  if (reader.fine()) read_actions(reader, document, flow);
  if (reader.fine()) read_expert(reader, document, flow);
  if (reader.fine()) read_texts(reader, document, flow);
  if (!reader.fine()) return fail(reader.take());
  flow.schema = workflow_schema(flow);
  const Result<Json> schema = parse_json(flow.schema);
  const Result<mcp::Schema> compiled =
      schema ? mcp::Schema::compile(*schema) : Result<mcp::Schema>(fail(schema.error()));
  if (!compiled)
    return fail(make_error(ErrorKind::config, "the fields make no schema: " + compiled.error().message)
                    .at(document.where));
  flow.system_prompt = std::move(prompt);
  return flow;
}

const WorkflowField* Workflow::field(std::string_view wanted) const {
  for (const WorkflowField& one : fields)
    if (one.name == wanted) return &one;
  return nullptr;
}

const std::string& Workflow::text(std::string_view wanted) const {
  static const std::string k_none;
  const auto found = texts.find(wanted);
  return found == texts.end() ? k_none : found->second;
}

std::string Workflow::next_text(std::string_view which, long long next_step) const {
  const auto found = next_steps.find(which);
  if (found == next_steps.end()) return {};
  std::string text = found->second;
  constexpr std::string_view k_mark = "{next_step}";
  for (auto at = text.find(k_mark); at != std::string::npos; at = text.find(k_mark, at))
    text.replace(at, k_mark.size(), std::to_string(next_step));
  return text;
}

}  // namespace exai::tools
