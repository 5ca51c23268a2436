#include "core/json.hpp"
#include "tools/resources/resource.hpp"

#include <nlohmann/json.hpp>

namespace exai::tools {
namespace {

Json price_of(const models::ModelPrice& price) {
  return {{"input", price.input}, {"cached_input", price.cached_input}, {"output", price.output}};
}

Result<engine::CallAnswer> read_models_resource(const UriVariables& /*variables*/,
                                                engine::CallContext& context) {
  Json rows = Json::array();
  for (const models::Model& model : context.models().models()) {
    Json row = {{"name", model.name},
                {"provider", model.provider},
                {"aliases", model.aliases},
                {"context_tokens", model.context},
                {"max_output_tokens", model.max_output},
                {"images", model.images},
                {"functions", model.functions},
                {"thinking", model.thinking},
                {"web_search", model.web_search},
                {"description", model.description}};
    if (model.price) row["usd_per_million_tokens"] = price_of(*model.price);
    rows.push_back(std::move(row));
  }
  return engine::ResourceOutput{"application/json", pretty_json({{"models", std::move(rows)}}), {}};
}

const Registered<Resource> k_models{
    Resource{.id = "exai://models",
             .label = "models",
             .title = "Models",
             .description = "Every model of the catalogue: provider, aliases, limits, abilities and prices.",
             .mime = "application/json",
             .work = engine::Work::inline_,
             .shared = true,
             .ttl_ms = 300'000,
             .read = &read_models_resource}};

}  // namespace
}  // namespace exai::tools
