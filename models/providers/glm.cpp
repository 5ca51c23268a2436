#include "models/providers/provider.hpp"

#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

// GLM's own forms: thinking is on or off only, web search is a tool of its own type.
void shape_glm(const ChatRequest& request, const Model* model, const Config& config, Json& body) {
  body.erase("stream_options");  // GLM reports usage in the last chunk unasked
  if (model == nullptr) return;
  if (!request.thinking_mode.empty() && model->thinking)
    body["thinking"] = {{"type", request.thinking_mode == "none" ? "disabled" : "enabled"}};
  if (request.web_search && config.boolean("glm.web_search") && model->web_search) {
    body["tools"].push_back({{"type", "web_search"},
                             {"web_search",
                              {{"search_engine", "search_pro_jina"},
                               {"search_recency_filter", "oneWeek"},
                               {"content_size", "medium"},
                               {"result_sequence", "after"},
                               {"search_result", true}}}});
    if (!body.contains("tool_choice")) body["tool_choice"] = "auto";
  }
  if (request.stream && body.contains("tools") && model->tool_stream && config.boolean("glm.tool_stream"))
    body["tool_stream"] = true;
}

const Registered<Provider> k_glm{Provider{.id = "glm",
                                          .title = "GLM (z.ai)",
                                          .key_setting = "glm.api_key",
                                          .url_setting = "glm.url",
                                          .timeout_setting = "glm.timeout",
                                          .permits_setting = "limits.glm",
                                          .output_setting = "glm.max_output_tokens",
                                          .budget_setting = "budget.daily_usd_glm",
                                          .allowed_setting = "glm.allowed_models",
                                          .default_model = "glm-4.5-flash",
                                          .rank = 1,
                                          .shape = &shape_glm}};

}  // namespace
}  // namespace exai::models
