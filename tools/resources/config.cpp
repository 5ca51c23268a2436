#include "core/json.hpp"
#include "core/settings.hpp"
#include "tools/resources/resource.hpp"

#include <nlohmann/json.hpp>

namespace exai::tools {
namespace {

/// Values as `exai config show` prints them: a secret is its fingerprint.
Result<engine::CallAnswer> read_config_resource(const UriVariables& /*variables*/,
                                                engine::CallContext& context) {
  const Config& config = context.config();
  Json values = Json::object();
  for (const Setting& setting : settings())
    values[std::string(setting.key)] = {
        {"value", config.shown(setting.key)}, {"set", config.is_set(setting.key)}, {"help", setting.help}};
  return engine::ResourceOutput{"application/json", pretty_json({{"settings", std::move(values)}}), {}};
}

const Registered<Resource> k_config{
    Resource{.id = "exai://config",
             .label = "config",
             .title = "Configuration in effect",
             .description = "Every setting with the value in effect. Secrets are shown as fingerprints.",
             .mime = "application/json",
             .work = engine::Work::inline_,
             .scope = Scope::operator_,
             .read = &read_config_resource}};

}  // namespace
}  // namespace exai::tools
