#include "commands/model.hpp"

#include "core/text.hpp"
#include "io/yaml.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace model_command {
namespace {

std::string abilities(const Model& model) {
  std::vector<std::string> words;
  if (model.images) words.emplace_back("images");
  if (model.functions) words.emplace_back("functions");
  if (model.thinking) words.emplace_back("thinking");
  if (model.web_search) words.emplace_back("web-search");
  return join(words, ",");
}

std::string dollars(const std::optional<ModelPrice>& price, double ModelPrice::*which) {
  return price ? fmt::format("{:g}", (*price).*which) : std::string{};
}

Result<Outcome> list(const Args&, Context& context) {
  const auto catalogue = load_catalogue(context);
  if (!catalogue) return fail(catalogue.error());
  Outcome outcome;
  outcome.table =
      cli::Table{{"name", "provider", "context", "max_output", "abilities", "input_usd", "output_usd"}, {}};
  for (const Model& model : catalogue->models())
    outcome.table->rows.push_back({model.name, model.provider, fmt::format("{}", model.context),
                                   fmt::format("{}", model.max_output), abilities(model),
                                   dollars(model.price, &ModelPrice::input),
                                   dollars(model.price, &ModelPrice::output)});
  return outcome;
}

Result<Outcome> show(const Args& args, Context& context) {
  const auto catalogue = load_catalogue(context);
  if (!catalogue) return fail(catalogue.error());
  const std::string name = args.positional("NAME");
  const Model* model = catalogue->find(name);
  if (model == nullptr) {
    const std::string near = did_you_mean(name, catalogue->names());
    return fail(ErrorKind::usage, fmt::format("there is no model \"{}\"", printable(name)),
                near.empty() ? "exai model list" : near);
  }
  Outcome outcome;
  outcome.table = cli::Table{{"field", "value"},
                             {{"name", model->name},
                              {"provider", model->provider},
                              {"aliases", join(model->aliases, ", ")},
                              {"context", fmt::format("{} tokens", model->context)},
                              {"max_output", fmt::format("{} tokens", model->max_output)},
                              {"abilities", abilities(*model)},
                              {"description", model->description}}};
  if (model->price)
    outcome.table->rows.push_back(
        {"price", fmt::format("{:g} in, {:g} cached, {:g} out, US dollars per million tokens",
                              model->price->input, model->price->cached_input, model->price->output)});
  return outcome;
}

constexpr cli::Positional k_name[] = {
    {.name = "NAME", .help = "a model or one of its aliases", .values = "@models", .required = true}};
constexpr cli::Example k_list_examples[] = {{"exai model list", "the catalogue"},
                                            {"exai model list --json", "for a script"}};
constexpr cli::Example k_show_examples[] = {
    {"exai model show glm-4.5-flash", "one model"},
    {"exai tool call listmodels", "which of them the server offers now"}};

const Registered<cli::Command> k_list{cli::Command{
    .path = "model list",
    .group = "Inspect",
    .summary = "the model catalogue: context, output, abilities, prices",
    .text = "Prices are US dollars per million tokens. models.file names a catalogue of your own.",
    .examples = k_list_examples,
    .waits = false,
    .run = list}};
const Registered<cli::Command> k_show{cli::Command{.path = "model show",
                                                   .group = "Inspect",
                                                   .summary = "one model",
                                                   .positionals = k_name,
                                                   .examples = k_show_examples,
                                                   .waits = false,
                                                   .run = show}};

}  // namespace
}  // namespace model_command

Result<ModelCatalogue> embedded_catalogue() {
  const auto document = io::parse_yaml(embedded_models_yaml(), "models.yaml");
  if (!document) return fail(document.error());
  return ModelCatalogue::from(*document);
}

Result<ModelCatalogue> load_catalogue(const Context& context) {
  if (context.config.text("models.file").empty()) return embedded_catalogue();
  const auto document = io::read_yaml(path_setting(context, "models.file"));
  if (!document) return fail(document.error());
  return ModelCatalogue::from(*document);
}

}  // namespace exai::commands
