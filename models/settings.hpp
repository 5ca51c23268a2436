// What asking a model depends on, of one generation of the settings.
#pragma once

#include "core/config.hpp"
#include "core/redact.hpp"
#include "core/timeouts.hpp"
#include "models/catalogue.hpp"

namespace exai::models {

struct ModelSettings {
  Config config = Config::defaults();
  ModelCatalogue models;
  timeouts::Hierarchy budgets;
  Redactor secrets;  ///< of the settings
};

}  // namespace exai::models
