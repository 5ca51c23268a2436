#include "tools/tool.hpp"

#include <unordered_map>

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& prompts();
const std::vector<std::pair<std::string_view, std::string_view>>& tool_schemas();
}  // namespace exai::embedded

namespace exai::tools {
namespace {

std::string_view text_of_file(const std::vector<std::pair<std::string_view, std::string_view>>& files,
                              std::string_view name) {
  for (const auto& [known, text] : files)
    if (known == name) return text;
  return {};
}

}  // namespace

std::string_view to_string(ToolTier tier) {
  switch (tier) {
    case ToolTier::core:
      return "core";
    case ToolTier::advanced:
      return "advanced";
    case ToolTier::diagnostic:
      return "diagnostic";
  }
  return "advanced";
}

engine::ToolOutput text_output(std::string text, std::string structured) {
  engine::ToolOutput output;
  Json part = Json::object();
  part["type"] = "text";
  part["text"] = std::move(text);
  output.content.push_back(std::move(part));
  output.structured = std::move(structured);
  return output;
}

ToolList lasting(const std::vector<const Tool*>& tools) {
  ToolList list;
  for (const Tool* tool : tools) list.emplace_back(std::shared_ptr<const void>(), tool);  // frees nothing
  return list;
}

const Tool* find_tool(std::string_view id) {
  for (const Tool* tool : Registered<Tool>::all())
    if (tool->id == id) return tool;
  return nullptr;
}

std::string_view input_schema(const Tool& tool) {
  return tool.input_schema.empty() ? embedded_schema(tool.id) : tool.input_schema;
}

std::string_view output_schema(const Tool& tool) {
  if (!tool.output_schema.empty() || !tool.input_schema.empty()) return tool.output_schema;
  return embedded_schema(std::string(tool.id) + ".output");
}

std::string_view embedded_schema(std::string_view name) {
  // Each call asks whether its tool has a schema of answers.
  static const std::unordered_map<std::string_view, std::string_view> k_schemas(
      embedded::tool_schemas().begin(), embedded::tool_schemas().end());
  const auto found = k_schemas.find(name);
  return found == k_schemas.end() ? std::string_view() : found->second;
}

std::string_view embedded_prompt(std::string_view name) {
  return text_of_file(embedded::prompts(), name);
}

engine::SharedJob tool_job(std::shared_ptr<const Tool> tool, std::shared_ptr<const Json> arguments) {
  engine::Job job{
      .name = std::string(tool->id),
      .work = tool->work,
      .budget = tool->budget,
      .scope = Scope::operator_,
      .run = [tool, arguments](engine::CallContext& context) { return tool->run(*arguments, context); }};
  if (tool->quick)
    job.quick = [tool, arguments](const engine::ConversationMemory& memory) {
      return tool->quick(*arguments, memory);
    };
  return std::make_shared<const engine::Job>(std::move(job));
}

}  // namespace exai::tools
