// A model provider behind one interface; a new one is one record in its own file.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/json.hpp"
#include "core/redact.hpp"
#include "core/registry.hpp"
#include "core/result.hpp"
#include "models/catalogue.hpp"
#include "models/providers/transport.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::models {

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
  std::string thinking_mode;  ///< empty = as the model does by itself, none, minimal, low, medium, high, max
  bool web_search = false;
  bool stream = false;
  bool json = false;         ///< one JSON object is wanted
  bool continue_cut = true;  ///< an answer cut at the output limit is asked to go on
  bool failover = true;      ///< another provider may answer when this one cannot
  Millis timeout{0};         ///< how long the answer may take; 0 = as long as the provider's setting says
  std::string_view timeout_setting{};  ///< the setting that `timeout` comes from, for the hint of a timeout
  Json tools, tool_choice;  ///< functions offered to the model, as the endpoint writes them; null = none
  std::string cache_scope;  ///< whose context cache it may use (Kimi); empty = none
  std::string cache_id;     ///< a context cache that the caller named itself (Kimi); empty = none
  std::string idempotency;  ///< the same key for the same call, sent along (Kimi); empty = none
};

class ContextCache;

struct Usage {
  long long prompt = 0, completion = 0, cached = 0;  ///< tokens
};

struct Reply {
  std::string content, reasoning;
  std::string provider, model;
  std::string finish_reason;  ///< stop, length, tool_calls, ...
  Usage usage;
  std::vector<AskedTool> tools;                              ///< what the model wants called
  std::vector<std::pair<std::string, std::string>> headers;  ///< of the last answer, those worth showing
  double cost = 0;                                           ///< US dollars by the catalogue's prices
  std::vector<std::string> detours;  ///< "glm/glm-4.6: busy" for each model that was asked in vain
};

/// A request to a provider that is no chat: files, web search.
struct ProviderRequest {
  std::string provider;  ///< "kimi"
  std::string method = "GET";
  std::string path;                ///< below the base URL, with its query: "/files?limit=10"
  Json body;                       ///< null = none
  std::vector<io::FormPart> form;  ///< multipart/form-data instead of a body
  std::vector<std::pair<std::string, std::string>> headers;
  Millis timeout{0};                   ///< 0 = the provider's own
  std::string_view timeout_setting{};  ///< where `timeout` comes from, for the hint of a timeout
  std::size_t max_body = std::size_t{16} << 20U;
  bool repeatable = true;  ///< may be sent again after a failure
};

struct ProviderAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
};

/// What became of one exchange, for those who decide whether to ask again.
struct Attempt {
  int status = 0;         ///< of the last answer; 0 = none came
  bool streamed = false;  ///< text has gone to on_delta, so another answer would come twice
  bool settled = false;   ///< the same question would fail the same way
};

/// What one provider call may use.
struct ProviderCall {
  const Config& config;
  Deadline deadline;
  std::stop_token stop;
  std::function<void(std::string_view)> on_delta;
  ProviderTransport& transport = network();
  const Clock& clock = system_clock();  ///< of `deadline`
  ContextCache* cache = nullptr;        ///< tokens of context caches; may be missing
  Attempt* attempt = nullptr;           ///< told what happened; may be missing
  Millis patience{0};                   ///< instead of the provider's own timeout; 0 = that one
  // Which settings the two limits come from, for the hint of a timeout; empty = the caller's own wish.
  std::string_view patience_setting{}, deadline_setting{};
  const Redactor* secrets = nullptr;  ///< of `config`; made from it where it is missing
};

/// The record of a provider (models/providers/<name>.cpp). All known ones speak the OpenAI-compatible chat
/// protocol; `shape` lets one adjust the body (thinking, web search) before it is sent.
struct Provider {
  std::string_view id{};           ///< "glm"
  std::string_view title{};        ///< "GLM (z.ai)"
  std::string_view key_setting{};  ///< "glm.api_key"; may be empty-valued only where key_optional
  std::string_view url_setting{};
  std::string_view timeout_setting{};
  std::string_view permits_setting{};
  std::string_view output_setting{};   ///< most output tokens asked for; empty = the model's own cap
  std::string_view allowed_setting{};  ///< list of models that may be used; empty setting or list = all
  std::string_view standard_model{};   ///< what "auto" takes; empty = the text of `model_setting`
  std::string_view model_setting{};
  int rank = 0;               ///< "auto" takes the configured provider of the lowest rank
  bool key_optional = false;  ///< a local endpoint needs none; then the URL says whether it is configured
  void (*shape)(const ChatRequest& request, const Model* model, const Config& config, Json& body) = nullptr;
  /// Headers of a chat request beyond the usual ones.
  void (*headers)(const ChatRequest& request, const ProviderCall& call,
                  std::vector<std::pair<std::string, std::string>>& headers) = nullptr;
  bool context_cache = false;  ///< answers may carry a token of a context cache, to be kept

  [[nodiscard]] std::string_view name() const { return id; }
  /// Key (or URL, where the key is optional) is set and no placeholder.
  [[nodiscard]] bool configured(const Config& config) const;
  /// The operator has not restricted this provider to other models.
  [[nodiscard]] bool allows(const Config& config, const Model& model) const;
};

const Provider* find_provider(std::string_view id);

/// What a name stands for.
struct ModelChoice {
  const Provider* provider = nullptr;
  Model model;
};

/// By name or alias, ignoring case. Empty is models.default when somebody set that, else as "auto": the rule
/// table decides for a call without particular needs. "custom/NAME" is any model of the custom endpoint.
/// Errors: not_found with the nearest names; config when the provider has no key (names the variable) or may
/// not use the model.
Result<ModelChoice> choose_model(const Config& config, const ModelCatalogue& catalogue,
                                 std::string_view name);
/// The same for a request: its needs count when it names no model. `tool` is who asks when the needs do not
/// say.
Result<ModelChoice> choose_model(const Config& config, const ModelCatalogue& catalogue,
                                 const ChatRequest& request, std::string_view tool = {});

/// One rule on the way to a decision.
struct RouteStep {
  std::string rule;     ///< its id
  bool taken = false;   ///< it decided
  std::string verdict;  ///< why it did, or did not
};
/// choose_model, with every rule that was looked at.
Result<ModelChoice> explain_choice(const Config& config, const ModelCatalogue& catalogue,
                                   const ChatRequest& request, std::vector<RouteStep>& steps);

/// The needs of a request, as the rule table asks for them.
RouteNeeds needs_of(const ChatRequest& request);
/// Estimated tokens of all that is sent; taken from the needs when they say.
long long prompt_tokens(const ChatRequest& request);

/// The model that really answers: where thinking is another model's, that one.
const Model& answering_model(const ModelCatalogue& catalogue, const Model& model, const ChatRequest& request);

/// Who may answer instead, nearest first: models of other configured providers that can do what is asked, the
/// custom endpoint last.
std::vector<ModelChoice> stand_ins(const Config& config, const ModelCatalogue& catalogue,
                                   const ModelChoice& first, const ChatRequest& request);

/// `config` when the provider has no usable key or URL; names the variable to set.
Result<void> require_configured(const Provider& provider, const Config& config);

/// The JSON body that would be sent: pure, for tests and glm_payload_preview.
Json chat_body(const Provider& provider, const ChatRequest& request, const Model& model,
               const Config& config);

/// POST {base}/chat/completions, again for each round of a provider's own web search, and up to three times
/// more when the answer was cut at the output limit. No retry: breakers, permits and retries wrap it in
/// engine. Errors: config (401, 403: key refused), not_found (404), busy
/// (429, with retry_after), provider (408, 5xx, other refusals, malformed or truncated answers), timeout,
/// cancelled, unreachable.
Result<Reply> provider_chat(const Provider& provider, const ChatRequest& request, const Model& model,
                            const ProviderCall& call);

/// Anything else below the base URL; errors as provider_chat.
Result<ProviderAnswer> provider_ask(const Provider& provider, const ProviderRequest& ask,
                                    const ProviderCall& call);

/// GET {base}/models: the ids the endpoint offers. Proves key and URL.
Result<std::vector<std::string>> provider_models(const Provider& provider, const ProviderCall& call);

}  // namespace exai::models
