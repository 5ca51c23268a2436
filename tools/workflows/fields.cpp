#include "core/text.hpp"
#include "tools/workflows/workflow.hpp"

namespace exai::tools {
namespace {

using Rows = std::vector<std::pair<std::string, Json>>;

Json texts(const char* description) {
  return {
      {"type", "array"}, {"items", {{"type", "string"}}}, {"maxItems", 1000}, {"description", description}};
}

Json flag_field(const char* description, bool standard) {
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
          {"description", "Problems so far"}};
}

/// Names, limits and defaults: facts, server 1.3.
const Rows& rows() {
  static const Rows k_rows{
      {"step",
       {{"type", "string"},
        {"minLength", 1},
        {"maxLength", 100000},
        {"description", "What you did; in step 1 what you will look into"}}},
      {"step_number", count("From 1")},
      {"total_steps", count("Your estimate; may grow")},
      {"next_step_required", {{"type", "boolean"}, {"description", "false with the last step"}}},
      {"findings",
       {{"type", "string"}, {"maxLength", 50000}, {"description", "What you found, with the evidence"}}},
      {"files_checked", texts("Absolute paths of all you looked at")},
      {"relevant_files", texts("Absolute paths of what matters; the expert gets the contents")},
      {"relevant_context", texts("Functions that matter: name or Class.name")},
      {"issues_found", issues()},
      {"confidence",
       {{"type", "string"},
        {"enum", {"exploring", "low", "medium", "high", "very_high", "almost_certain", "certain"}},
        {"default", "low"},
        {"description", "certain: no expert needs to be asked"}}},
      {"hypothesis", {{"type", "string"}, {"maxLength", 10000}, {"description", "Your present theory"}}},
      {"backtrack_from_step", count("Forget this step and all after it")},
      {"use_assistant_model", flag_field("Ask an expert model at the end", true)},
      {"temperature",
       {{"type", "number"}, {"minimum", 0}, {"maximum", 1}, {"description", "0 precise, 1 creative"}}},
      {"thinking_mode",
       {{"type", "string"},
        {"enum", {"minimal", "low", "medium", "high", "max"}},
        {"description", "How much the model thinks"}}},
      {"use_websearch", flag_field("The model may search the web", true)},
      {"continuation_id",
       {{"type", "string"},
        {"minLength", 1},
        {"maxLength", 200},
        {"description", "The id of an earlier answer, to go on"}}},
      {"images",
       {{"type", "array"},
        {"items", {{"type", "string"}, {"minLength", 1}}},
        {"maxItems", 10},
        {"description", "Absolute paths, https: or data: URLs"}}},
      {"model",
       {{"type", "string"},
        {"minLength", 1},
        {"maxLength", 100},
        {"description", "Name, alias or auto; see listmodels"}}}};
  return k_rows;
}

}  // namespace

const Json* common_field(std::string_view name) {
  for (const auto& [known, schema] : rows())
    if (known == name) return &schema;
  return nullptr;
}

std::vector<std::string> common_field_names() {
  std::vector<std::string> names;
  for (const auto& [name, schema] : rows()) names.push_back(name);
  return names;
}

/// By hand, so that the members keep the order of the table: people and models read it from the top.
std::string workflow_schema(const Workflow& flow) {
  std::string required, properties;
  for (const WorkflowField& field : flow.fields) {
    const std::string name = quote_json(field.name);
    if (field.required) required += (required.empty() ? "" : ",") + name;
    properties.append(properties.empty() ? "" : ",").append(name).append(":");
    properties += dump_json(field.schema);
  }
  return R"({"type":"object","additionalProperties":false,"required":[)" + required + R"(],"properties":{)" +
         properties + "}}";
}

}  // namespace exai::tools
