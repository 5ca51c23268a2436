// A model provider behind one interface; a new one is one record in its own file.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/json.hpp"
#include "core/redact.hpp"
#include "core/registry.hpp"
#include "core/result.hpp"
#include "models/catalogue.hpp"
#include "models/providers/chat.hpp"
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

class ContextCache;

/// A request to a provider that is not a chat: files, web search.
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

/// What became of one exchange, for the decision whether to repeat it.
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
  ProviderTransport& transport;         ///< no default: what asks past a cassette must say so
  const Clock& clock = system_clock();  ///< of `deadline`
  ContextCache* cache = nullptr;        ///< tokens of context caches; may be missing
  Attempt* attempt = nullptr;           ///< gets what happened; may be missing
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
  std::string_view budget_setting{};   ///< US dollars a day; empty = only the budget of all together
  std::string_view allowed_setting{};  ///< list of models that may be used; empty setting or list = all
  std::string_view default_model{};    ///< what "auto" takes; empty = the text of `model_setting`
  std::string_view model_setting{};
  int rank = 0;               ///< "auto" takes the configured provider of the lowest rank
  bool key_optional = false;  ///< a local endpoint needs none; then the URL says whether it is configured
  void (*shape)(const ChatRequest& request, const Model* model, const Config& config, Json& body) = nullptr;
  /// Headers of a chat request beyond the usual ones.
  void (*headers)(const ChatRequest& request, const ProviderCall& call,
                  std::vector<std::pair<std::string, std::string>>& headers) = nullptr;
  bool any_model = false;      ///< takes models that are in no catalogue, as "ID/NAME"
  bool context_cache = false;  ///< answers may carry a token of a context cache, to be kept

  [[nodiscard]] std::string_view name() const { return id; }
  /// The setting that has to be there for it to be used: its key, or its URL where the key is optional.
  [[nodiscard]] std::string_view needed_setting() const { return key_optional ? url_setting : key_setting; }
  /// Key (or URL, where the key is optional) is set and no placeholder.
  [[nodiscard]] bool configured(const Config& config) const;
  /// The operator has not restricted this provider to other models.
  [[nodiscard]] bool allows(const Config& config, const Model& model) const;
};

const Provider* find_provider(std::string_view id);
/// All of them, by rank.
std::vector<const Provider*> providers_by_rank();
/// "GLM_API_KEY, KIMI_API_KEY or CUSTOM_API_URL": what makes one of them usable, by rank.
std::string provider_variables(std::string_view conjunction = "or");
/// The one that takes any model; nullptr when there is none.
const Provider* open_provider();
/// The name is one of that provider's, which has a URL: its id, "ID/NAME" or the text of its model_setting.
bool is_open_model(const Config& config, std::string_view name);

/// `config` when the provider has no usable key or URL; names the variable to set.
Result<void> require_configured(const Provider& provider, const Config& config);

}  // namespace exai::models
