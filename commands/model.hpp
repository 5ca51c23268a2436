// The catalogue as the settings name it.
#pragma once

#include "commands/common.hpp"
#include "models/catalogue.hpp"

namespace exai::commands {

/// models.file, or the embedded catalogue.
Result<models::ModelCatalogue> load_catalogue(const Context& context);
Result<models::ModelCatalogue> embedded_catalogue();

}  // namespace exai::commands
