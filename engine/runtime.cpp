#include "engine/runtime.hpp"

#include "core/file_names.hpp"
#include "io/yaml.hpp"

namespace exai::engine {
Result<models::ModelCatalogue> load_models(const Config& config, const std::filesystem::path& root) {
  const std::string& file = config.text("models.file");
  const Result<Node> document = file.empty() ? models::embedded_models() : io::read_yaml(below(root, file));
  if (!document) return fail(document.error());
  Result<models::ModelCatalogue> models = models::ModelCatalogue::from(*document);
  if (!models) return models;
  const std::string& own = config.text("models.routes_file");
  // The built-in rules name built-in models, so a catalogue of the operator's own comes with its own rules.
  if (own.empty() && !file.empty()) return models;
  const Result<Node> rules = own.empty() ? models::embedded_routes() : io::read_yaml(below(root, own));
  if (!rules) return fail(rules.error());
  Result<models::RouteTable> routes = models::RouteTable::from(*rules);
  if (!routes) return fail(routes.error());
  if (auto set = models->set_routes(std::move(*routes)); !set) return fail(set.error());
  return models;
}

Result<std::shared_ptr<const Runtime>> make_runtime(Config config, const std::filesystem::path& root) {
  Result<models::ModelCatalogue> models = load_models(config, root);
  if (!models) return fail(models.error());
  return make_runtime(std::move(config), root, std::move(*models));
}

Result<std::shared_ptr<const Runtime>> make_runtime(Config config, const std::filesystem::path& root,
                                                    models::ModelCatalogue models) {
  const Result<timeouts::Profile> profile = timeouts::find_profile(config, config.text("timeouts.profile"));
  if (!profile) return fail(profile.error());
  Result<timeouts::Hierarchy> budgets = timeouts::resolve(config, *profile);
  if (!budgets) return fail(budgets.error());
  Result<Workspace> workspace = Workspace::from(config, root);
  if (!workspace) return fail(workspace.error());
  const auto runtime = std::make_shared<Runtime>();
  runtime->workspace = std::move(*workspace);
  runtime->config = std::move(config);
  runtime->secrets = Redactor(runtime->config.secrets());
  runtime->models = std::move(models);
  runtime->budgets = std::move(*budgets);
  return runtime;
}

}  // namespace exai::engine
