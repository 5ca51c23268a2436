#include "serve/providers/provider.hpp"

#include <nlohmann/json.hpp>

namespace exai::serve {
namespace chat_request {
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
    Json content = message.content;
    if (i == last_user && !request.images.empty())
      content = content_with_images(message.content, request.images);
    list.push_back({{"role", message.role}, {"content", std::move(content)}});
  }
  return list;
}

}  // namespace
}  // namespace chat_request

Json chat_body(const Provider& provider, const ChatRequest& request, const Model& model,
               const Config& config) {
  Json body{{"model", model.name}, {"messages", chat_request::messages(request)}};
  if (request.temperature) body["temperature"] = *request.temperature;
  long long tokens = request.max_tokens.value_or(config.integer("models.max_output_tokens"));
  if (model.max_output > 0) tokens = std::min(tokens, model.max_output);
  if (tokens > 0) body["max_tokens"] = tokens;  // 0 sends none: facts/ex_ai_server 3.3
  if (request.stream) {
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
  }
  if (provider.shape != nullptr) provider.shape(request, &model, config, body);
  return body;
}

}  // namespace exai::serve
