// What status and health both say about providers.
#pragma once

#include "tools/tool.hpp"

namespace exai::tools {

/// Ids of the configured providers.
Json configured_providers(const Config& config);
/// Names of the models that can be used now.
Json available_models(const engine::CallContext& context);

}  // namespace exai::tools
