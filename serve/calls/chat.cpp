#include "serve/calls/chat.hpp"

#include "core/settings.hpp"
#include "core/text.hpp"

namespace exai::serve {
namespace {

std::string env_name(std::string_view setting_key) {
  const Setting* setting = find_setting(setting_key);
  return setting == nullptr ? std::string(setting_key) : std::string(setting->canonical_env());
}

Error not_configured(const Provider& provider) {
  const std::string name = env_name(provider.key_optional ? provider.url_setting : provider.key_setting);
  return make_error(ErrorKind::config, name + " is not set",
                    "set " + name + " (provider " + std::string(provider.title) +
                        ") in the environment or in .env, then restart exai serve or send it SIGHUP");
}

/// The user's own endpoint serves a model that no catalogue knows.
std::optional<Model> custom_model(const Config& config, std::string_view asked) {
  const std::string& name = config.text("custom.model");
  if (name.empty() || !equals_ignoring_case(name, asked)) return std::nullopt;
  Model model;
  model.name = name;
  model.provider = "custom";
  return model;
}

bool usable(const Config& config, std::string_view provider_id) {
  const Provider* provider = find_provider(provider_id);
  return provider != nullptr && provider->configured(config);
}

bool is_open(const std::string& asked) { return asked.empty() || equals_ignoring_case(asked, "auto"); }

std::optional<Model> first_usable(const Runtime& runtime) {
  for (const Model& model : runtime.models.models())
    if (usable(runtime.config, model.provider)) return model;
  if (usable(runtime.config, "custom")) return custom_model(runtime.config, runtime.config.text("custom.model"));
  return std::nullopt;
}

std::optional<Model> named_model(const Runtime& runtime, const std::string& name) {
  // A configured endpoint of the user's wins over a catalogue entry of the same name.
  if (usable(runtime.config, "custom")) {
    if (std::optional<Model> own = custom_model(runtime.config, name)) return own;
  }
  const Model* known = runtime.models.find(name);
  return known == nullptr ? std::nullopt : std::optional<Model>(*known);
}

std::optional<Model> open_choice(const Runtime& runtime) {
  const std::string& standard = runtime.config.text("models.default");
  std::optional<Model> chosen;
  if (!is_open(standard)) chosen = named_model(runtime, standard);
  const bool meant = runtime.config.is_set("models.default") && !is_open(standard);
  if (chosen && (meant || usable(runtime.config, chosen->provider))) return chosen;
  if (std::optional<Model> other = first_usable(runtime)) return other;
  return chosen;
}

}  // namespace

Result<ChosenModel> choose_model(const Runtime& runtime, const std::string& asked) {
  const std::optional<Model> model = is_open(asked) ? open_choice(runtime) : named_model(runtime, asked);
  if (!model) {
    const std::string name = is_open(asked) ? runtime.config.text("models.default") : asked;
    const std::string meant = did_you_mean(name, runtime.models.names());
    return fail(ErrorKind::not_found, "unknown model " + quote_json(std::string_view(name).substr(0, 100)),
                meant.empty() ? "the listmodels tool names the known ones" : meant);
  }
  const Provider* provider = find_provider(model->provider);
  if (provider == nullptr)
    return fail(ErrorKind::config, "model " + model->name + " belongs to provider " + model->provider + ", which exai does not have",
                "correct the provider in the model catalogue");
  if (!provider->configured(runtime.config)) return fail(not_configured(*provider));
  return ChosenModel{provider, *model};
}

Result<Reply> ask_provider(const ChatServices& services, const ChatRequest& request, Deadline deadline,
                           const std::stop_token& stop, const std::function<void(std::string_view)>& on_delta) {
  const Runtime& runtime = services.runtime;
  const Result<ChosenModel> chosen = choose_model(runtime, request.model);
  if (!chosen) return fail(chosen.error());
  const Provider& provider = *chosen->provider;
  const Config& config = runtime.config;
  const Deadline patience = deadline.within(config.duration("limits.permit_wait"), services.clock);
  const Result<Permit> permit =
      services.permits.acquire(std::string(provider.id), patience, stop, config.duration("limits.retry_after"));
  if (!permit) return fail(permit.error());
  const Millis longest =
      std::min(config.duration(provider.timeout_setting), runtime.budgets[timeouts::Layer::http]);
  const ProviderCall call{config, deadline.within(longest, services.clock), stop, on_delta};
  Result<Reply> reply = provider_chat(provider, request, chosen->model, call);
  if (!reply && reply.error().kind != ErrorKind::cancelled) services.metrics.provider_error(provider.id, reply.error().kind);
  return reply;
}

}  // namespace exai::serve
