#include "core/text.hpp"
#include "serve/workflows/workflow.hpp"

namespace exai::serve {
namespace workflow_fields {
namespace {

using Rows = std::vector<std::pair<std::string, Json>>;

Json texts(const char* description) {
  return {
      {"type", "array"}, {"items", {{"type", "string"}}}, {"maxItems", 1000}, {"description", description}};
}

Json flag(const char* description, bool standard) {
  return {{"type", "boolean"}, {"default", standard}, {"description", description}};
}

Json count(const char* description) {
  return {{"type", "integer"}, {"minimum", 1}, {"description", description}};
}

Json issues() {
  return {{"type", "array"},
          {"maxItems", 1000},
          {"items",
           {{"type", "object"},
            {"properties",
             {{"severity", {{"type", "string"}, {"enum", {"critical", "high", "medium", "low"}}}},
              {"description", {{"type", "string"}}}}}}},
          {"description", "Problems found so far, each with severity and description"}};
}

/// Names, limits and defaults: facts, server 1.3.
const Rows& rows() {
  static const Rows k_rows{
      {"step",
       {{"type", "string"},
        {"minLength", 1},
        {"maxLength", 100000},
        {"description", "What you did in this step, or in step 1 what you are going to look into"}}},
      {"step_number", count("Number of this step, from 1")},
      {"total_steps", count("How many steps you expect; it may grow")},
      {"next_step_required",
       {{"type", "boolean"}, {"description", "true while you go on, false with the last step"}}},
      {"findings",
       {{"type", "string"},
        {"maxLength", 50000},
        {"description", "What you found in this step, with the evidence"}}},
      {"files_checked", texts("Absolute paths of every file you looked at, dead ends included")},
      {"relevant_files", texts("Absolute paths of the files that matter; the expert gets their contents")},
      {"relevant_context", texts("Functions and methods that matter, as name or Class.name")},
      {"issues_found", issues()},
      {"confidence",
       {{"type", "string"},
        {"enum", {"exploring", "low", "medium", "high", "very_high", "almost_certain", "certain"}},
        {"default", "low"},
        {"description", "How sure you are. certain means that nobody else needs to be asked"}}},
      {"hypothesis",
       {{"type", "string"}, {"maxLength", 10000}, {"description", "Your present theory, open to revision"}}},
      {"backtrack_from_step",
       count("Forget this step and all after it: you were on a wrong track. Less than step_number")},
      {"use_assistant_model", flag("Ask an expert model once the last step is done", true)},
      {"temperature",
       {{"type", "number"},
        {"minimum", 0},
        {"maximum", 1},
        {"description", "Of the expert model: 0 is precise, 1 is creative"}}},
      {"thinking_mode",
       {{"type", "string"},
        {"enum", {"minimal", "low", "medium", "high", "max"}},
        {"description", "How much the expert model thinks before it answers"}}},
      {"use_websearch", flag("Let the expert model search the web", true)},
      {"continuation_id",
       {{"type", "string"},
        {"minLength", 1},
        {"maxLength", 200},
        {"description", "The id from the answer before; leave it out in step 1 of something new"}}},
      {"images",
       {{"type", "array"},
        {"items", {{"type", "string"}, {"minLength", 1}}},
        {"maxItems", 10},
        {"description", "Screenshots and diagrams: absolute paths, https: or data: URLs"}}},
      {"model",
       {{"type", "string"},
        {"minLength", 1},
        {"maxLength", 100},
        {"description", "Model to ask, name or alias, or auto; see listmodels"}}}};
  return k_rows;
}

}  // namespace
}  // namespace workflow_fields

const Json* common_field(std::string_view name) {
  for (const auto& [known, schema] : workflow_fields::rows())
    if (known == name) return &schema;
  return nullptr;
}

std::vector<std::string> common_field_names() {
  std::vector<std::string> names;
  for (const auto& [name, schema] : workflow_fields::rows()) names.push_back(name);
  return names;
}

/// By hand, so that the members keep the order of the table: people and models read it from the top.
std::string workflow_schema(const Workflow& flow) {
  std::string title = flow.name;
  if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 32);
  std::string required, properties;
  for (const WorkflowField& field : flow.fields) {
    const std::string name = quote_json(field.name);
    if (field.required) required += (required.empty() ? "" : ",") + name;
    properties.append(properties.empty() ? "" : ",").append(name).append(":");
    properties += dump_json(field.schema);
  }
  return R"({"$schema":"http://json-schema.org/draft-07/schema#","title":)" + quote_json(title + "Request") +
         R"(,"type":"object","additionalProperties":false,"required":[)" + required + R"(],"properties":{)" +
         properties + "}}";
}

}  // namespace exai::serve
