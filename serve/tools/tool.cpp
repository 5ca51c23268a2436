#include "serve/tools/tool.hpp"

namespace exai::serve {

ToolOutput text_output(std::string text, Json structured) {
  ToolOutput output;
  output.content.push_back({{"type", "text"}, {"text", std::move(text)}});
  output.structured = std::move(structured);
  return output;
}

const Tool* find_tool(std::string_view id) {
  for (const Tool* tool : Registered<Tool>::all())
    if (tool->id == id) return tool;
  return nullptr;
}

Job tool_job(const Tool& tool, Json arguments) {
  return {std::string(tool.id), tool.work, tool.budget,
          [&tool, arguments = std::move(arguments)](CallContext& context) {
            return tool.run(arguments, context);
          }};
}

}  // namespace exai::serve
