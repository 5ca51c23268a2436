#include "core/text.hpp"
#include "models/providers/body.hpp"
#include "models/providers/choose.hpp"
#include "tools/envelope.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

Result<engine::CallAnswer> run_glm_payload_preview(const Json& arguments, engine::CallContext& context) {
  const std::string prompt = arguments.value("prompt", "");
  if (trim(prompt).empty())
    return fail(ErrorKind::invalid, "the prompt is blank", "give a question in 'prompt'");
  const std::string name = arguments.value("model", "glm-4.5-flash");
  const Result<models::ModelChoice> choice = models::choose_model(context.config(), context.models(), name);
  if (!choice) return fail(choice.error());
  if (choice->provider->id != "glm")
    return fail(
        ErrorKind::invalid,
        fmt::format("model: {} is a model of {}, not of GLM", printable(name), choice->provider->title),
        "name a model of GLM, or leave it out; listmodels shows them");
  models::ChatRequest request;
  request.model = name;
  request.needs.tool = "glm_payload_preview";
  if (const std::string system = arguments.value("system_prompt", ""); !system.empty())
    request.messages.push_back({"system", system, {}});
  request.messages.push_back({"user", prompt, {}});
  request.temperature = arguments.value("temperature", 0.3);
  request.web_search = arguments.value("use_websearch", false);
  request.tools = arguments.value("tools", Json());
  request.tool_choice = arguments.value("tool_choice", Json());
  // The key goes in a header, which is not part of this.
  return json_output(models::chat_body(*choice->provider, request, choice->model, context.config()));
}

const Registered<Tool> k_glm_payload_preview_tool{
    Tool{.id = "glm_payload_preview",
         .title = "Show a request to GLM",
         .description = "The request that would go to GLM, without sending it.",
         .work = engine::Work::inline_,
         .provider = "glm",
         .run = &run_glm_payload_preview}};

}  // namespace
}  // namespace exai::tools
