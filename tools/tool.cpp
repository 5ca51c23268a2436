#include "tools/tool.hpp"

namespace exai::tools {

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

engine::SharedJob tool_job(std::shared_ptr<const Tool> tool, std::shared_ptr<const Json> arguments) {
  engine::Job job{std::string(tool->id), tool->work, tool->budget,
                  [tool, arguments](engine::CallContext& context) { return tool->run(*arguments, context); }};
  if (tool->quick)
    job.quick = [tool, arguments](const engine::ConversationMemory& memory) {
      return tool->quick(*arguments, memory);
    };
  return std::make_shared<const engine::Job>(std::move(job));
}

}  // namespace exai::tools
