#include "models/providers/provider.hpp"

namespace exai::models {
namespace {

const Registered<Provider> k_custom{Provider{.id = "custom",
                                             .title = "custom endpoint",
                                             .key_setting = "custom.api_key",
                                             .url_setting = "custom.url",
                                             .timeout_setting = "custom.timeout",
                                             .permits_setting = "limits.custom",
                                             .default_model = "",
                                             .model_setting = "custom.model",
                                             .rank = 3,
                                             .key_optional = true,
                                             .any_model = true}};

}  // namespace
}  // namespace exai::models
