#include "core/text.hpp"
#include "serve/providers/provider.hpp"

#include <fmt/core.h>

namespace exai::serve {
namespace model_choice {
namespace {

constexpr std::string_view k_custom_prefix = "custom/";

std::string variable(std::string_view key) {
  const Setting* setting = find_setting(key);
  return std::string(setting != nullptr ? setting->canonical_env() : key);
}

bool usable(const std::string& text) {
  return !trim(text).empty() && !is_placeholder(text);
}

/// What an endpoint of the user's can do is not known: a modest window, and images left to it.
Model custom_model(std::string name) {
  Model model;
  model.name = std::move(name);
  model.provider = "custom";
  model.context = 32768;
  model.max_output = 8192;
  model.images = true;
  model.description = "model of the custom endpoint";
  return model;
}

std::string standard_model(const Provider& provider, const Config& config) {
  return std::string(provider.standard_model.empty() ? config.text(provider.model_setting)
                                                     : provider.standard_model);
}

const Provider* first_configured(const Config& config) {
  const Provider* best = nullptr;
  for (const Provider* provider : Registered<Provider>::all())
    if (provider->configured(config) && (best == nullptr || provider->rank < best->rank)) best = provider;
  return best;
}

Result<ModelChoice> choice(const Provider* provider, Model model, const Config& config) {
  if (provider == nullptr)
    return fail(ErrorKind::config,
                fmt::format("the model {} has no known provider '{}'", model.name, model.provider),
                "correct 'provider' in the file of EXAI_MODELS_FILE");
  if (auto ready = require_configured(*provider, config); !ready) return fail(ready.error());
  return ModelChoice{provider, std::move(model)};
}

}  // namespace
}  // namespace model_choice

bool Provider::configured(const Config& config) const {
  using model_choice::usable;
  return usable(config.text(url_setting)) && (key_optional || usable(config.secret(key_setting).reveal()));
}

const Provider* find_provider(std::string_view id) {
  for (const Provider* provider : Registered<Provider>::all())
    if (provider->id == id) return provider;
  return nullptr;
}

Result<void> require_configured(const Provider& provider, const Config& config) {
  if (provider.configured(config)) return {};
  const bool needs_key = !provider.key_optional;
  const std::string name = model_choice::variable(needs_key ? provider.key_setting : provider.url_setting);
  return fail(ErrorKind::config, fmt::format("{} is not configured: {} is not set", provider.title, name),
              fmt::format("set {} in .env or in the environment of exai serve", name));
}

Result<ModelChoice> choose_model(const Config& config, const ModelCatalogue& catalogue,
                                 std::string_view name) {
  using namespace model_choice;
  std::string wanted(trim(name));
  const bool unnamed = wanted.empty();
  if (unnamed) wanted = config.text("models.default");
  const Model* known = catalogue.find(wanted);
  if (unnamed && known != nullptr && !config.is_set("models.default")) {
    const Provider* const provider = find_provider(known->provider);
    if (provider != nullptr && !provider->configured(config) && first_configured(config) != nullptr)
      wanted = "auto";
  }
  if (equals_ignoring_case(wanted, "auto")) {
    const Provider* const provider = first_configured(config);
    if (provider == nullptr)
      return fail(ErrorKind::config,
                  "no model provider is configured: GLM_API_KEY, KIMI_API_KEY and CUSTOM_API_URL are not set",
                  "set one of GLM_API_KEY, KIMI_API_KEY or CUSTOM_API_URL in .env or in the environment of "
                  "exai serve");
    wanted = standard_model(*provider, config);
    if (provider->id == "custom") return ModelChoice{provider, custom_model(wanted)};
  }
  const Provider* const own_endpoint = find_provider("custom");
  if (own_endpoint != nullptr && own_endpoint->configured(config) && wanted == config.text("custom.model"))
    return ModelChoice{own_endpoint, custom_model(wanted)};  // wins over a catalogue entry of the same name
  if (const Model* model = catalogue.find(wanted))
    return choice(find_provider(model->provider), *model, config);
  const bool prefixed = wanted.starts_with(k_custom_prefix);
  if (prefixed || equals_ignoring_case(wanted, "custom") || wanted == config.text("custom.model")) {
    const std::string own = prefixed ? wanted.substr(k_custom_prefix.size()) : config.text("custom.model");
    return choice(find_provider("custom"), custom_model(own), config);
  }
  const std::string meant = did_you_mean(wanted, catalogue.names());
  return fail(
      ErrorKind::not_found, fmt::format("the model '{}' is unknown", printable(wanted)),
      meant.empty() ? "the tool listmodels names them all; custom/NAME asks the custom endpoint" : meant);
}

}  // namespace exai::serve
