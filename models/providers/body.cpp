#include "models/providers/body.hpp"

#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

Json content_with_images(const std::string& text, const std::vector<std::string>& images) {
  Json parts = Json::array();
  parts.push_back({{"type", "text"}, {"text", text}});
  for (const std::string& url : images)
    parts.push_back({{"type", "image_url"}, {"image_url", {{"url", url}}}});
  return parts;
}

Json messages(const ChatRequest& request) {
  Json list = Json::array();
  std::size_t last_user = request.messages.size();
  for (std::size_t i = 0; i < request.messages.size(); ++i)
    if (request.messages[i].role == "user") last_user = i;
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const ChatMessage& message = request.messages[i];
    if (!message.raw.is_null()) {
      list.push_back(message.raw);
      continue;
    }
    Json content = message.content;
    if (i == last_user && !request.images.empty())
      content = content_with_images(message.content, request.images);
    list.push_back({{"role", message.role}, {"content", std::move(content)}});
  }
  return list;
}

/// Facts: server 3.3. 0 sends none, and without enforcement only what the request wants is sent.
long long output_limit(const Provider& provider, const ChatRequest& request, const Model& model,
                       const Config& config) {
  if (!request.max_tokens && !config.boolean("models.enforce_max_tokens")) return 0;
  long long tokens = request.max_tokens.value_or(config.integer("models.max_output_tokens"));
  if (!provider.output_setting.empty())
    if (const long long max = config.integer(provider.output_setting); max > 0)
      tokens = std::min(tokens, max);
  return model.max_output > 0 ? std::min(tokens, model.max_output) : tokens;
}

}  // namespace

Json chat_body(const Provider& provider, const ChatRequest& request, const Model& model,
               const Config& config) {
  Json body{{"model", model.name}, {"messages", messages(request)}};
  if (request.temperature)
    if (const auto degree = model.temperature.fit(*request.temperature)) body["temperature"] = *degree;
  if (const long long tokens = output_limit(provider, request, model, config); tokens > 0)
    body["max_tokens"] = tokens;
  if (request.tools.is_array() && !request.tools.empty()) {
    body["tools"] = request.tools;
    if (!request.tool_choice.is_null()) body["tool_choice"] = request.tool_choice;
  }
  if (request.json && model.json) body["response_format"] = {{"type", "json_object"}};
  if (request.stream) {
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
  }
  if (provider.shape != nullptr) provider.shape(request, &model, config, body);
  return body;
}

}  // namespace exai::models
