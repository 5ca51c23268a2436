// A model provider behind one interface; a new one is one record in its own file.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/json.hpp"
#include "core/model.hpp"
#include "core/registry.hpp"
#include "core/result.hpp"
#include "serve/providers/transport.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::serve {

struct ChatMessage {
  std::string role;  ///< system, user, assistant, tool
  std::string content;
  Json raw{};  ///< not null: the whole message as the endpoint wants it (tool calls and their results)
};

/// What the asker needs of a model when it names none; the rule table turns it into a model.
struct Needs {
  std::string tool;      ///< who asks
  bool files = false;    ///< a provider's own file store
  bool fast = true;      ///< an answer soon rather than a deep one
  bool cheap = false;    ///< costs before quality
  long long tokens = 0;  ///< of all that is sent, estimated
};

/// A function call that the model asks for.
struct AskedTool {
  std::string id, name, arguments;
};

struct ChatRequest {
  std::string model;  ///< name or alias; empty or "auto" = as the rule table says for `needs`
  Needs needs;
  std::vector<ChatMessage> messages;
  std::vector<std::string> images;  ///< data: or https: URLs, attached to the last user message
  std::optional<double> temperature;
  std::optional<long long> max_tokens;
  std::string thinking_mode;  ///< empty, minimal, low, medium, high, max
  bool web_search = false;
  bool stream = false;
  bool json = false;         ///< one JSON object is wanted
  bool continue_cut = true;  ///< an answer cut at the output limit is asked to go on
  bool failover = true;      ///< another provider may answer when this one cannot
  Millis timeout{0};         ///< how long the answer may take; 0 = as the provider's setting says
  Json tools, tool_choice;   ///< functions offered to the model, as the endpoint writes them; null = none
  std::string cache_scope;   ///< whose context cache it may use (Kimi); empty = none
  std::string idempotency;   ///< the same key for the same call, sent along (Kimi); empty = none
};

struct Usage {
  long long prompt = 0, completion = 0, cached = 0;  ///< tokens
};

struct Reply {
  std::string content, reasoning;
  std::string provider, model;
  std::string finish_reason;  ///< stop, length, tool_calls, ...
  Usage usage;
  std::vector<AskedTool> tools;                              ///< what the model wants called
  std::vector<std::pair<std::string, std::string>> headers;  ///< of the answer, those worth showing
  double cost = 0;                                           ///< US dollars by the catalogue's prices
  std::vector<std::string> detours;  ///< "glm/glm-4.6: busy" for each model that was asked in vain
};

/// A request to a provider that is no chat: files, web search.
struct ProviderAsk {
  std::string provider;  ///< "kimi"
  std::string method = "GET";
  std::string path;                ///< below the base URL, with its query: "/files?limit=10"
  Json body;                       ///< null = none
  std::vector<io::FormPart> form;  ///< multipart/form-data instead of a body
  std::vector<std::pair<std::string, std::string>> headers;
  Millis timeout{0};  ///< 0 = the provider's own
  std::size_t max_body = std::size_t{16} << 20U;
  bool repeatable = true;  ///< may be sent again after a failure
};

struct ProviderAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
};

/// What one provider call may use.
struct ProviderCall {
  const Config& config;
  Deadline deadline;
  std::stop_token stop;
  std::function<void(std::string_view)> on_delta;
  ProviderTransport& transport = network();
  Millis timeout{0};  ///< instead of what the provider's setting and timeouts.http say; 0 = those
};

/// The record of a provider (serve/providers/<name>.cpp). All known ones speak the OpenAI-compatible chat
/// protocol; `shape` lets one adjust the body (thinking, web search) before it is sent.
struct Provider {
  std::string_view id{};           ///< "glm"
  std::string_view title{};        ///< "GLM (z.ai)"
  std::string_view key_setting{};  ///< "glm.api_key"; may be empty-valued only where key_optional
  std::string_view url_setting{};
  std::string_view timeout_setting{};
  std::string_view permits_setting{};
  std::string_view standard_model{};  ///< what "auto" takes; empty = the text of `model_setting`
  std::string_view model_setting{};
  int rank = 0;               ///< "auto" takes the configured provider of the lowest rank
  bool key_optional = false;  ///< a local endpoint needs none; then the URL says whether it is configured
  void (*shape)(const ChatRequest& request, const Model* model, const Config& config, Json& body) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
  /// Key (or URL, where the key is optional) is set and no placeholder.
  [[nodiscard]] bool configured(const Config& config) const;
};

const Provider* find_provider(std::string_view id);

/// What a name stands for.
struct ModelChoice {
  const Provider* provider = nullptr;
  Model model;
};

/// By name or alias, ignoring case. Empty is models.default; when nobody set that and its provider is not
/// configured, as "auto": the standard model of the configured provider of the lowest rank. "custom/NAME" is
/// any model of the custom endpoint. Errors: not_found with the nearest names; config when the provider has
/// no key (names the variable).
Result<ModelChoice> choose_model(const Config& config, const ModelCatalogue& catalogue,
                                 std::string_view name);

/// `config` when the provider has no usable key or URL; names the variable to set.
Result<void> require_configured(const Provider& provider, const Config& config);

/// The JSON body that would be sent: pure, for tests and glm_payload_preview.
Json chat_body(const Provider& provider, const ChatRequest& request, const Model& model,
               const Config& config);

/// POST {base}/chat/completions, again for each round of a provider's own web search. No retry: breakers,
/// permits and retries wrap it in serve/calls. Errors: config (401, 403: key refused), not_found (404), busy
/// (429, with retry_after), provider (408, 5xx, other refusals, malformed or truncated answers), timeout,
/// cancelled, unreachable.
Result<Reply> provider_chat(const Provider& provider, const ChatRequest& request, const Model& model,
                            const ProviderCall& call);

/// Anything else below the base URL; errors as provider_chat.
Result<ProviderAnswer> provider_ask(const Provider& provider, const ProviderAsk& ask,
                                    const ProviderCall& call);

/// GET {base}/models: the ids the endpoint offers. Proves key and URL.
Result<std::vector<std::string>> provider_models(const Provider& provider, const ProviderCall& call);

}  // namespace exai::serve
