#include "models/providers/choose.hpp"

#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::models {
namespace {

/// What an endpoint of the user's can do is not known: a modest window, and images left to it.
Model unknown_model(const Provider& provider, std::string name) {
  Model model;
  model.name = std::move(name);
  model.provider = provider.id;
  model.context = 32768;
  model.max_output = 8192;
  model.images = true;
  model.description = fmt::format("model of the {}", provider.title);
  return model;
}

std::string default_model(const Provider& provider, const Config& config) {
  return std::string(provider.default_model.empty() ? config.text(provider.model_setting)
                                                    : provider.default_model);
}

const Provider* first_configured(const Config& config) {
  const Provider* best = nullptr;
  for (const Provider* provider : Registered<Provider>::all())
    if (provider->configured(config) && (best == nullptr || provider->rank < best->rank)) best = provider;
  return best;
}

/// The model of a provider that may be asked.
Result<ModelChoice> choice(const Provider* provider, Model model, const Config& config) {
  if (provider == nullptr)
    return fail(ErrorKind::config,
                fmt::format("the model {} has no known provider '{}'", model.name, model.provider),
                "correct 'provider' in the file of EXAI_MODELS_FILE");
  if (auto ready = require_configured(*provider, config); !ready) return fail(ready.error());
  if (!provider->allows(config, model))
    return fail(ErrorKind::config,
                fmt::format("the model {} may not be used here: it is not in {}", model.name,
                            setting_name(provider->allowed_setting)),
                fmt::format("name one of: {}", config.text(provider->allowed_setting)));
  return ModelChoice{provider, std::move(model)};
}

long long window(const Model& model) {
  return model.context - model.max_output;
}

/// Why a model cannot do what is asked; nothing when it can.
std::optional<std::string> shortcoming(const Model& model, const RouteNeeds& needs, bool functions) {
  if (needs.images && !model.images) return "takes no images";
  if (needs.thinking && !model.thinking && model.thinks_with.empty()) return "cannot think";
  if (functions && !model.functions) return "calls no functions";
  if (needs.tokens > window(model)) return fmt::format("takes {} tokens only", window(model));
  return std::nullopt;
}

/// A model that a rule names, if it can be used for this; else why not.
tl::expected<ModelChoice, std::string> usable_choice(const Config& config, const ModelCatalogue& catalogue,
                                                     std::string_view name, const RouteNeeds& needs,
                                                     bool functions) {
  const Provider* const open = open_provider();
  const bool own = open != nullptr && name == open->id;
  const Model* known = own ? nullptr : catalogue.find(name);
  if (!own && known == nullptr) return tl::unexpected<std::string>("is not in the catalogue");
  const Provider* provider = own ? open : find_provider(known->provider);
  if (provider == nullptr || !provider->configured(config))
    return tl::unexpected<std::string>("has no configured provider");
  Model model = own ? unknown_model(*open, config.text(open->model_setting)) : *known;
  if (!provider->allows(config, model)) return tl::unexpected<std::string>("is not allowed");
  if (auto lack = shortcoming(model, needs, functions)) return tl::unexpected<std::string>(std::move(*lack));
  return ModelChoice{provider, std::move(model)};
}

/// The first usable model of a rule; reports those skipped.
std::optional<ModelChoice> usable_of(const RouteRule& rule, const Config& config,
                                     const ModelCatalogue& catalogue, const RouteNeeds& needs, bool functions,
                                     std::vector<std::string>& passed_over) {
  for (const std::string& name : rule.use) {
    auto one = usable_choice(config, catalogue, name, needs, functions);
    if (one) return std::move(*one);
    passed_over.push_back(fmt::format("{} {}", name, one.error()));
  }
  return std::nullopt;
}

/// The choice of the first rule that fits and has a usable model.
std::optional<ModelChoice> routed(const Config& config, const ModelCatalogue& catalogue,
                                  const RouteNeeds& needs, bool functions, std::vector<RouteStep>* steps) {
  std::optional<ModelChoice> taken;
  for (const RouteRule& rule : catalogue.routes().rules()) {
    if (taken && steps == nullptr) break;
    if (std::optional<std::string> misfit = rule.misfit(needs)) {
      if (steps != nullptr) steps->push_back({rule.id, false, std::move(*misfit)});
      continue;
    }
    if (taken) {
      steps->push_back({rule.id, false, "fits, but an earlier rule has decided"});
      continue;
    }
    std::vector<std::string> passed_over;
    taken = usable_of(rule, config, catalogue, needs, functions, passed_over);
    if (steps == nullptr) continue;
    std::string verdict = taken ? fmt::format("{}: {}", taken->model.name, rule.why) : "no usable model";
    if (!passed_over.empty()) verdict += fmt::format(" ({})", join(passed_over, "; "));
    steps->push_back({rule.id, taken.has_value(), std::move(verdict)});
  }
  return taken;
}

Result<ModelChoice> named_choice(const Config& config, const ModelCatalogue& catalogue,
                                 const std::string& wanted) {
  const Provider* const open = open_provider();
  const std::string own_name = open == nullptr ? "" : config.text(open->model_setting);
  if (open != nullptr && open->configured(config) && wanted == own_name)
    return ModelChoice{open, unknown_model(*open, wanted)};  // wins over a catalogue entry of the same name
  if (const Model* model = catalogue.find(wanted))
    return choice(find_provider(model->provider), *model, config);
  if (open != nullptr) {
    const std::string prefix = std::string(open->id) + "/";
    if (wanted.starts_with(prefix))
      return choice(open, unknown_model(*open, wanted.substr(prefix.size())), config);
    if (equals_ignoring_case(wanted, open->id) || wanted == own_name)
      return choice(open, unknown_model(*open, own_name), config);
  }
  std::string hint = did_you_mean(wanted, catalogue.names());
  if (hint.empty()) {
    hint = "the tool listmodels names them all";
    if (open != nullptr) hint += fmt::format("; {}/NAME asks the {}", open->id, open->title);
  }
  return fail(ErrorKind::not_found, fmt::format("the model '{}' is unknown", printable(wanted)), hint);
}

/// Where no rule has a usable model: what the first configured provider is known for.
Result<ModelChoice> default_choice(const Config& config, const ModelCatalogue& catalogue) {
  const Provider* const provider = first_configured(config);
  if (provider == nullptr)
    return fail(
        ErrorKind::config,
        fmt::format("no model provider is configured: {} are not set", provider_variables("and")),
        fmt::format("set one of {} in .env or in the environment of exai serve", provider_variables()));
  const std::string name = default_model(*provider, config);
  if (provider->any_model) return ModelChoice{provider, unknown_model(*provider, name)};
  return named_choice(config, catalogue, name);
}

Result<ModelChoice> decide(const Config& config, const ModelCatalogue& catalogue, std::string_view name,
                           const RouteNeeds& needs, bool functions, std::vector<RouteStep>* steps) {
  std::string wanted(trim(name));
  const bool by_default = wanted.empty() && config.is_set("models.default");
  if (by_default) wanted = config.text("models.default");
  if (!wanted.empty() && !equals_ignoring_case(wanted, "auto")) {
    if (steps != nullptr)
      steps->push_back(
          {by_default ? "(default)" : "(name)", true,
           fmt::format("{} {}", by_default ? "models.default names" : "the call names", wanted)});
    return named_choice(config, catalogue, wanted);
  }
  if (std::optional<ModelChoice> found = routed(config, catalogue, needs, functions, steps))
    return std::move(*found);
  if (steps != nullptr)
    steps->push_back({"(none)", true, "no rule has a usable model: the first configured provider's own"});
  return default_choice(config, catalogue);
}

}  // namespace

Result<ModelChoice> choose_model(const Config& config, const ModelCatalogue& catalogue,
                                 std::string_view name) {
  return decide(config, catalogue, name, {}, false, nullptr);
}

Result<ModelChoice> choose_model(const Config& config, const ModelCatalogue& catalogue,
                                 const ChatRequest& request, std::string_view tool) {
  RouteNeeds needs = needs_of(request);
  if (needs.tool.empty()) needs.tool = tool;
  return decide(config, catalogue, request.model, needs, request.tools.is_array(), nullptr);
}

Result<ModelChoice> explain_choice(const Config& config, const ModelCatalogue& catalogue,
                                   const ChatRequest& request, std::vector<RouteStep>& steps) {
  return decide(config, catalogue, request.model, needs_of(request), request.tools.is_array(), &steps);
}

long long prompt_tokens(const ChatRequest& request) {
  if (request.needs.tokens > 0) return request.needs.tokens;
  std::size_t tokens = 0;
  for (const ChatMessage& message : request.messages) tokens += estimate_tokens(message.content);
  return static_cast<long long>(tokens);
}

RouteNeeds needs_of(const ChatRequest& request) {
  RouteNeeds needs;
  needs.tool = request.needs.tool;
  needs.web = request.web_search;
  needs.files = request.needs.files;
  needs.images = !request.images.empty();
  needs.thinking = !request.thinking_mode.empty() && request.thinking_mode != "none";
  needs.fast = request.needs.fast;
  needs.cheap = request.needs.cheap;
  needs.tokens = prompt_tokens(request);
  return needs;
}

const Model& answering_model(const ModelCatalogue& catalogue, const Model& model,
                             const ChatRequest& request) {
  if (model.thinks_with.empty() || request.thinking_mode.empty() || request.thinking_mode == "none")
    return model;
  const Model* thinker = catalogue.find(model.thinks_with);
  return thinker != nullptr ? *thinker : model;
}

std::vector<ModelChoice> fallbacks(const Config& config, const ModelCatalogue& catalogue,
                                   const ModelChoice& first, const ChatRequest& request) {
  std::vector<ModelChoice> result;
  const RouteNeeds needs = needs_of(request);
  const bool functions = request.tools.is_array();
  std::vector<std::string> names = first.model.instead;
  if (const Provider* const open = open_provider(); !first.provider->any_model) {
    if (open != nullptr) names.emplace_back(open->id);
  } else {  // the nearest to a user's own model is unknown; the usual ones answer
    for (const Provider* provider : Registered<Provider>::all())
      if (!provider->default_model.empty()) names.emplace_back(provider->default_model);
  }
  for (const std::string& name : names) {
    auto one = usable_choice(config, catalogue, name, needs, functions);
    if (!one || one->provider == first.provider) continue;
    // One model of each provider: what fails now is the provider rather than the model.
    if (std::any_of(result.begin(), result.end(),
                    [&](const ModelChoice& other) { return other.provider == one->provider; }))
      continue;
    result.push_back(std::move(*one));
  }
  return result;
}

}  // namespace exai::models
