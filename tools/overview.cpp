#include "tools/overview.hpp"

#include "models/providers/provider.hpp"

namespace exai::tools {

Json configured_providers(const Config& config) {
  Json ids = Json::array();
  for (const models::Provider* provider : Registered<models::Provider>::all())
    if (provider->configured(config)) ids.push_back(provider->id);
  return ids;
}

Json available_models(const engine::CallContext& context) {
  Json names = Json::array();
  for (const models::Model& model : context.models().models()) {
    const models::Provider* provider = models::find_provider(model.provider);
    if (provider != nullptr && provider->configured(context.config())) names.push_back(model.name);
  }
  for (const models::Provider* provider : Registered<models::Provider>::all())
    if (!provider->model_setting.empty() && provider->configured(context.config()))
      names.push_back(context.config().text(provider->model_setting));
  return names;
}

}  // namespace exai::tools
