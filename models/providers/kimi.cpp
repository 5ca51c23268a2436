#include "core/text.hpp"
#include "models/providers/context_cache.hpp"
#include "models/providers/provider.hpp"

#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

// Kimi thinks by another model, which the router asks then (Model::thinks_with); its web search is a built-in
// function whose arguments the client echoes.
void shape_kimi(const ChatRequest& request, const Model* model, const Config& config, Json& body) {
  if (request.web_search && config.boolean("kimi.web_search") && model != nullptr && model->web_search)
    body["tools"].push_back({{"type", "builtin_function"}, {"function", {{"name", "$web_search"}}}});
}

// Facts: server 3.7. A value that is too long is left out: a cut one would name another cache.
void headers(const ChatRequest& request, const ProviderCall& call,
             std::vector<std::pair<std::string, std::string>>& list) {
  const auto max_length = static_cast<std::size_t>(call.config.integer("kimi.max_header_len"));
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty() && value.size() <= max_length && printable(value) == value &&
        value.find('\n') == std::string::npos)
      list.emplace_back(name, value);
  };
  add("Msh-Trace-Mode", "on");
  add("Idempotency-Key", request.idempotency);
  add("X-Msh-Context-Cache", request.cache_id);
  if (request.cache_id.empty() && request.cache_scope.empty()) return;
  add("X-Msh-Context-Cache-Reset-TTL", "3600");
  if (call.cache != nullptr) add("Msh-Context-Cache-Token", call.cache->find(context_key(request)));
}

const Registered<Provider> k_kimi{Provider{.id = "kimi",
                                           .title = "Kimi (Moonshot)",
                                           .key_setting = "kimi.api_key",
                                           .url_setting = "kimi.url",
                                           .timeout_setting = "kimi.timeout",
                                           .permits_setting = "limits.kimi",
                                           .output_setting = "kimi.max_output_tokens",
                                           .budget_setting = "budget.daily_usd_kimi",
                                           .allowed_setting = "kimi.allowed_models",
                                           .default_model = "kimi-k2-0905-preview",
                                           .rank = 2,
                                           .shape = &shape_kimi,
                                           .headers = &headers,
                                           .context_cache = true}};

}  // namespace
}  // namespace exai::models
