#include "tools/overview.hpp"

namespace exai::serve {

Json configured_providers(const Config& config) {
  Json ids = Json::array();
  for (const Provider* provider : Registered<Provider>::all())
    if (provider->configured(config)) ids.push_back(provider->id);
  return ids;
}

Json available_models(const CallContext& context) {
  Json names = Json::array();
  for (const Model& model : context.models().models()) {
    const Provider* provider = find_provider(model.provider);
    if (provider != nullptr && provider->configured(context.config())) names.push_back(model.name);
  }
  for (const Provider* provider : Registered<Provider>::all())
    if (!provider->model_setting.empty() && provider->configured(context.config()))
      names.push_back(context.config().text(provider->model_setting));
  return names;
}

}  // namespace exai::serve
