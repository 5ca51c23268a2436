// models.catalogue: whether the table of models loads and holds the default.
#include "models/catalogue.hpp"

#include "core/check.hpp"
#include "core/file_names.hpp"
#include "core/text.hpp"
#include "io/yaml.hpp"
#include "models/providers/provider.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_models_catalogue(const CheckContext& context) {
  const std::string& file = context.config.text("models.file");
  const auto document = file.empty() ? models::embedded_models() : io::read_yaml(below(context.root, file));
  const auto catalogue =
      document.and_then([](const Node& node) { return models::ModelCatalogue::from(node); });
  if (!catalogue) {
    const Error& error = catalogue.error();
    return check_fail(
        error.where ? fmt::format("{}: {}", to_string(*error.where), error.message) : error.message,
        error.hint, Cause::config);
  }
  const std::string& wanted = context.config.text("models.default");
  if (wanted != "auto" && !models::is_open_model(context.config, wanted) &&
      catalogue->find(wanted) == nullptr)
    return check_fail(fmt::format("DEFAULT_MODEL \"{}\" is not in the catalogue", wanted),
                      did_you_mean(wanted, catalogue->names()), Cause::config);
  return check_pass(fmt::format("{} models, default {}", catalogue->models().size(), wanted));
}

const Registered<Check> k_models_catalogue{
    Check{.id = "models.catalogue",
          .title = "the model catalogue loads and holds the default model",
          .tags = "doctor,ci",
          .help = "One table of models, embedded or models.file; names and aliases are unique "
                  "(maintenance:123, maintenance:191-205).",
          .run = run_models_catalogue}};

}  // namespace
}  // namespace exai::checks
