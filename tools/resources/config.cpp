#include "core/json.hpp"
#include "core/settings.hpp"
#include "tools/resources/resource.hpp"

#include <nlohmann/json.hpp>

namespace exai::serve {
namespace config_resource {
namespace {

/// Values as `exai config show` prints them: a secret is its fingerprint.
Result<CallAnswer> read(const UriVariables& /*variables*/, CallContext& context) {
  const Config& config = context.config();
  Json values = Json::object();
  for (const Setting& setting : settings())
    values[std::string(setting.key)] = {
        {"value", config.shown(setting.key)}, {"set", config.is_set(setting.key)}, {"help", setting.help}};
  return ResourceOutput{"application/json", pretty_json({{"settings", std::move(values)}}), {}};
}

const Registered<Resource> k_config{
    Resource{.id = "exai://config",
             .label = "config",
             .title = "Configuration in effect",
             .description = "Every setting with the value in effect. Secrets are shown as fingerprints.",
             .mime = "application/json",
             .work = Work::inline_,
             .scope = Scope::operator_,
             .read = &read}};

}  // namespace
}  // namespace config_resource
}  // namespace exai::serve
