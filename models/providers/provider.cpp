#include "models/providers/provider.hpp"

#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::models {
namespace {

bool is_usable(const std::string& text) {
  return !trim(text).empty() && !is_placeholder(text);
}

bool is_named(const std::string& name, const Model& model) {
  return equals_ignoring_case(name, model.name) ||
         std::any_of(model.aliases.begin(), model.aliases.end(),
                     [&](const std::string& alias) { return equals_ignoring_case(name, alias); });
}

}  // namespace

bool Provider::configured(const Config& config) const {
  return is_usable(config.text(url_setting)) &&
         (key_optional || is_usable(config.secret(key_setting).reveal()));
}

bool Provider::allows(const Config& config, const Model& model) const {
  if (allowed_setting.empty() || config.text(allowed_setting).empty()) return true;
  const std::vector<std::string> allowed = config.list(allowed_setting);
  return allowed.empty() || std::any_of(allowed.begin(), allowed.end(),
                                        [&](const std::string& name) { return is_named(name, model); });
}

std::vector<const Provider*> providers_by_rank() {
  const auto& all = Registered<Provider>::all();
  std::vector<const Provider*> list(all.begin(), all.end());
  std::sort(list.begin(), list.end(), [](const Provider* a, const Provider* b) { return a->rank < b->rank; });
  return list;
}

std::string provider_variables(std::string_view conjunction) {
  std::string text;
  const std::vector<const Provider*> list = providers_by_rank();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) text += i + 1 == list.size() ? fmt::format(" {} ", conjunction) : ", ";
    text += find_setting(list[i]->needed_setting())->canonical_env();
  }
  return text;
}

const Provider* open_provider() {
  for (const Provider* provider : Registered<Provider>::all())
    if (provider->any_model) return provider;
  return nullptr;
}

bool is_open_model(const Config& config, std::string_view name) {
  const Provider* const open = open_provider();
  return open != nullptr && !config.text(open->url_setting).empty() &&
         (equals_ignoring_case(name, open->id) || name.starts_with(fmt::format("{}/", open->id)) ||
          name == config.text(open->model_setting));
}

const Provider* find_provider(std::string_view id) {
  for (const Provider* provider : Registered<Provider>::all())
    if (provider->id == id) return provider;
  return nullptr;
}

Result<void> require_configured(const Provider& provider, const Config& config) {
  if (provider.configured(config)) return {};
  const bool needs_key = !provider.key_optional;
  const std::string_view name = setting_name(needs_key ? provider.key_setting : provider.url_setting);
  return fail(ErrorKind::config, fmt::format("{} is not configured: {} is not set", provider.title, name),
              fmt::format("set {} in .env or in the environment of exai serve", name));
}

}  // namespace exai::models
