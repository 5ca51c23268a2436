#include "serve/mcp/tool_prompts.hpp"

namespace exai::serve::mcp {
namespace {

std::string type_of(const Json& schema) {
  const auto type = schema.is_object() ? schema.find("type") : schema.end();
  if (!schema.is_object() || type == schema.end()) return {};
  if (type->is_string()) return type->get<std::string>();
  // One of several types: what may be a text can be written as one.
  return type->is_array() && std::find(type->begin(), type->end(), "string") != type->end() ? "string" : "";
}

/// Numbers, flags and texts as they are; lists of texts with commas between.
bool can_be_written(const Json& property) {
  const std::string type = type_of(property);
  if (type == "array") return property.contains("items") && type_of(property["items"]) == "string";
  return type == "string" || type == "number" || type == "integer" || type == "boolean";
}

std::string described(const Json& property) {
  std::string text = property.value("description", "");
  if (type_of(property) == "array") text += text.empty() ? "separated by commas" : " (separated by commas)";
  return text;
}

using Choices = std::map<std::string, std::vector<std::string>, std::less<>>;

std::vector<std::string> completed(const Choices& choices, std::string_view argument, std::string_view begun,
                                   engine::CallContext& context) {
  std::vector<std::string> all;
  if (const auto found = choices.find(argument); found != choices.end()) {
    all = found->second;
  } else if (argument == "model") {
    all = context.models().names();
  }
  std::vector<std::string> fitting;
  for (std::string& value : all)
    if (value.rfind(begun, 0) == 0) fitting.push_back(std::move(value));
  return fitting;
}

}  // namespace

PromptEntry prompt_of(const tools::Tool& tool) {
  PromptEntry entry;
  entry.name = tool.id;
  entry.title = tool.title;
  entry.description = tool.description;
  const Json schema = parse_json(input_schema(tool)).value_or(Json::object());
  const Json required = schema.value("required", Json::array());
  const Json properties = schema.value("properties", Json::object());
  Choices choices;
  for (const auto& [name, property] : properties.items()) {
    if (!property.is_object() || !can_be_written(property)) continue;
    const bool needed = std::find(required.begin(), required.end(), name) != required.end();
    // What else a workflow needs is the model's to count and to find out, not a person's to type.
    if (tool.workflow && needed && name != "step") continue;
    entry.arguments.push_back({name, described(property), needed});
    for (const Json& value : property.value("enum", Json::array()))
      if (value.is_string()) choices[name].push_back(value.get<std::string>());
  }
  std::stable_sort(entry.arguments.begin(), entry.arguments.end(),
                   [](const auto& a, const auto& b) { return a.required && !b.required; });
  entry.make = [name = entry.name, workflow = tool.workflow](
                   const tools::PromptArguments& arguments,
                   engine::CallContext&) -> Result<engine::CallAnswer> {
    std::string text = (workflow ? "Go through the workflow of the tool `" : "Call the tool `") + name + "`";
    text +=
        arguments.empty() ? " and report what it says." : " with these arguments and report what it says:\n";
    for (const auto& [argument, value] : arguments)
      text.append("\n").append(argument).append(": ").append(value);
    engine::PromptOutput output;
    output.messages.push_back(tools::user_text(text));
    return output;
  };
  entry.complete = [choices](std::string_view argument, std::string_view begun,
                             engine::CallContext& context) {
    return completed(choices, argument, begun, context);
  };
  return entry;
}

}  // namespace exai::serve::mcp
