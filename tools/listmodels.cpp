#include "core/text.hpp"
#include "tools/envelope.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

std::string price(const models::Model& model) {
  return model.price ? fmt::format("{} / {}", model.price->input, model.price->output) : std::string("-");
}

std::string row(const models::Model& model) {
  const std::string aliases = model.aliases.empty() ? "" : " (" + join(model.aliases, ", ") + ")";
  return fmt::format("| {}{} | {} | {} | {} | {} |\n", model.name, aliases, model.context, model.max_output,
                     join(models::abilities(model), ", "), price(model));
}

Json model_facts(const models::Model& model) {
  Json object{
      {"name", model.name},           {"provider", model.provider},     {"aliases", model.aliases},
      {"context", model.context},     {"max_output", model.max_output}, {"images", model.images},
      {"functions", model.functions}, {"thinking", model.thinking},     {"web_search", model.web_search}};
  if (model.price)
    object["price"] = {{"input", model.price->input},
                       {"cached_input", model.price->cached_input},
                       {"output", model.price->output}};
  return object;
}

std::string state(const models::Provider& provider, const Config& config) {
  if (provider.configured(config)) return "configured";
  const auto ready = models::require_configured(provider, config);
  return "not configured: " + ready.error().hint;
}

std::string section(const models::Provider& provider, const engine::CallContext& context, Json& listed) {
  const Config& config = context.config();
  std::string text = fmt::format("\n## {}\n\n{}\n\n", provider.title, state(provider, config));
  std::string rows;
  for (const models::Model& model : context.models().models()) {
    if (model.provider != provider.id) continue;
    rows += row(model);
    listed.push_back(model_facts(model));
  }
  if (!rows.empty())
    text += "| model (aliases) | context | output | can | $ per million in / out |\n|---|---|---|---|---|\n" +
            rows;
  else if (provider.configured(config) && !provider.model_setting.empty())
    text += fmt::format("model {}; any other as {}/NAME\n", config.text(provider.model_setting), provider.id);
  return text;
}

Result<engine::CallAnswer> run_listmodels(const Json& /*arguments*/, engine::CallContext& context) {
  Json configured = Json::array();
  Json models = Json::array();
  Envelope envelope;
  envelope.content_type = "markdown";
  envelope.content = "# Models\n";
  for (const models::Provider* provider : Registered<models::Provider>::all()) {
    if (provider->configured(context.config())) configured.push_back(provider->id);
    envelope.content += section(*provider, context, models);
  }
  envelope.content += fmt::format(
      "\n{} models, {} of {} providers configured, default model {}\n", models.size(), configured.size(),
      Registered<models::Provider>::all().size(), context.config().text("models.default"));
  envelope.metadata = {{"tool_name", "listmodels"},
                       {"configured_providers", std::move(configured)},
                       {"default_model", context.config().text("models.default")},
                       {"models", std::move(models)}};
  return enveloped(std::move(envelope));
}

const Registered<Tool> k_listmodels{
    Tool{.id = "listmodels",
         .title = "List models",
         .description = "Providers and their models with window, abilities, aliases and price.",
         .work = engine::Work::inline_,
         .run = &run_listmodels}};

}  // namespace
}  // namespace exai::tools
