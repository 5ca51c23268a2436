#include "serve/providers/provider.hpp"

#include <nlohmann/json.hpp>

namespace exai::serve {
namespace kimi {
namespace {

constexpr std::string_view k_thinking_model = "kimi-thinking-preview";
constexpr long long k_thinking_max_output = 8192;

// Kimi thinks by another model, whatever the level (facts/ex_ai_server 3.5); its web search is a built-in
// function whose arguments the client echoes (3.6, the echo is in client.cpp).
void shape(const ChatRequest& request, const Model* model, const Config& config, Json& body) {
  const bool thinks = !request.thinking_mode.empty();
  if (thinks && body["model"] != k_thinking_model) {
    body["model"] = k_thinking_model;
    if (body.contains("max_tokens") && body["max_tokens"] > k_thinking_max_output)
      body["max_tokens"] = k_thinking_max_output;
  }
  if (request.web_search && config.boolean("kimi.web_search") && !thinks && model != nullptr &&
      model->web_search)
    body["tools"] = Json::array({{{"type", "builtin_function"}, {"function", {{"name", "$web_search"}}}}});
}

const Registered<Provider> k_kimi{Provider{.id = "kimi",
                                           .title = "Kimi (Moonshot)",
                                           .key_setting = "kimi.api_key",
                                           .url_setting = "kimi.url",
                                           .timeout_setting = "kimi.timeout",
                                           .permits_setting = "limits.kimi",
                                           .standard_model = "kimi-k2-0905-preview",
                                           .rank = 2,
                                           .shape = &shape}};

}  // namespace
}  // namespace kimi
}  // namespace exai::serve
