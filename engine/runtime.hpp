// One consistent picture of the settings: built at start and at each reload, then immutable and shared by the
// calls that began under it.
#pragma once

#include "core/result.hpp"
#include "engine/workspace/workspace.hpp"
#include "models/settings.hpp"

#include <filesystem>
#include <memory>

namespace exai::engine {

struct Runtime : models::ModelSettings {
  Workspace workspace;
};

/// What serve runs on, from settings that were judged (serve/judge) and their catalogue of models. Errors:
/// `config`, for what the judge should have seen.
Result<std::shared_ptr<const Runtime>> make_runtime(Config config, const std::filesystem::path& root,
                                                    models::ModelCatalogue models);
/// The same with the catalogue that the settings name.
Result<std::shared_ptr<const Runtime>> make_runtime(Config config, const std::filesystem::path& root);

/// The catalogue with the rules of its choice, as the settings name them.
Result<models::ModelCatalogue> load_models(const Config& config, const std::filesystem::path& root);

}  // namespace exai::engine
