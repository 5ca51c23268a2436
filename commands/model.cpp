#include "commands/model.hpp"

#include "core/text.hpp"
#include "engine/runtime.hpp"
#include "io/yaml.hpp"
#include "models/providers/choose.hpp"
#include "models/providers/provider.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

/// One word each, for a column that scripts cut.
std::string ability_words(const models::Model& model) {
  std::string words = join(models::abilities(model), ",");
  std::replace(words.begin(), words.end(), ' ', '-');
  return words;
}

std::string dollars(const std::optional<models::ModelPrice>& price, double models::ModelPrice::*which) {
  return price ? fmt::format("{:g}", (*price).*which) : std::string{};
}

Result<Outcome> list_models(const Args&, Context& context) {
  const auto catalogue = load_catalogue(context);
  if (!catalogue) return fail(catalogue.error());
  Outcome outcome;
  outcome.table =
      cli::Table{{"name", "provider", "context", "max_output", "abilities", "input_usd", "output_usd"}, {}};
  for (const models::Model& model : catalogue->models())
    outcome.table->rows.push_back({model.name, model.provider, fmt::format("{}", model.context),
                                   fmt::format("{}", model.max_output), ability_words(model),
                                   dollars(model.price, &models::ModelPrice::input),
                                   dollars(model.price, &models::ModelPrice::output)});
  return outcome;
}

Result<Outcome> show_model(const Args& args, Context& context) {
  const auto catalogue = load_catalogue(context);
  if (!catalogue) return fail(catalogue.error());
  const std::string name = args.positional("NAME");
  const models::Model* model = catalogue->find(name);
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
                              {"abilities", ability_words(*model)},
                              {"description", model->description}}};
  if (model->price)
    outcome.table->rows.push_back(
        {"price", fmt::format("{:g} in, {:g} cached, {:g} out, US dollars per million tokens",
                              model->price->input, model->price->cached_input, model->price->output)});
  return outcome;
}

/// The call that the options describe.
Result<models::ChatRequest> described_model(const Args& args) {
  models::ChatRequest request;
  request.model = args.option("--model").value_or("");
  request.needs.tool = args.option("--tool").value_or("");
  request.needs.files = args.has("--files");
  request.needs.fast = !args.has("--deep");
  request.needs.cheap = args.has("--cheap");
  request.web_search = args.has("--web");
  request.thinking_mode = args.option("--thinking").value_or("");
  if (args.has("--images")) request.images.emplace_back("data:image/png;base64,");
  const auto tokens = count_option(args, "--tokens", 0, 100'000'000);
  if (!tokens) return fail(tokens.error());
  request.needs.tokens = static_cast<long long>(*tokens);
  return request;
}

std::string names_of(const std::vector<models::ModelChoice>& choices) {
  std::vector<std::string> names;
  for (const models::ModelChoice& choice : choices)
    names.push_back(std::string(choice.provider->id) + "/" + choice.model.name);
  return names.empty() ? "nobody" : join(names, ", then ");
}

Result<Outcome> route(const Args& args, Context& context) {
  const auto models = engine::load_models(context.config, context.root);
  if (!models) return fail(models.error());
  const auto request = described_model(args);
  if (!request) return fail(request.error());
  std::vector<models::RouteStep> steps;
  const auto choice = models::explain_choice(context.config, *models, *request, steps);
  Outcome outcome;
  if (args.has("--explain")) {
    outcome.table = cli::Table{{"rule", "taken", "why"}, {}};
    for (const models::RouteStep& step : steps)
      outcome.table->rows.push_back({step.rule, step.taken ? "yes" : "no", step.verdict});
    if (!choice) {
      outcome.table->rows.push_back({"(failed)", "no", choice.error().message});
      return outcome;
    }
    const models::Model& model = models::answering_model(*models, choice->model, *request);
    outcome.table->rows.push_back({"(answers)", "", std::string(choice->provider->id) + "/" + model.name});
    outcome.table->rows.push_back(
        {"(instead)", "", names_of(models::fallbacks(context.config, *models, *choice, *request))});
    return outcome;
  }
  if (!choice) return fail(choice.error());
  const models::Model& model = models::answering_model(*models, choice->model, *request);
  outcome.table =
      cli::Table{{"field", "value"},
                 {{"model", model.name},
                  {"provider", std::string(choice->provider->id)},
                  {"rule",
                   [&] {
                     for (const models::RouteStep& step : steps)
                       if (step.taken) return step.rule;
                     return std::string();
                   }()},
                  {"instead", names_of(models::fallbacks(context.config, *models, *choice, *request))}}};
  return outcome;
}

constexpr cli::Option k_route_options[] = {
    {.name = "--explain", .help = "every rule, and why it did or did not decide"},
    {.name = "--model", .value = "NAME", .help = "as if the call named this model", .values = "@models"},
    {.name = "--tool", .value = "NAME", .help = "the tool that asks"},
    {.name = "--web", .help = "the model shall search the web"},
    {.name = "--images", .help = "images are sent along"},
    {.name = "--files", .help = "files in the provider's own store are asked about"},
    {.name = "--thinking",
     .value = "MODE",
     .help = "a thinking mode is asked for",
     .values = "minimal|low|medium|high|max"},
    {.name = "--tokens", .value = "N", .help = "estimated size of what is sent"},
    {.name = "--deep", .help = "quality before speed"},
    {.name = "--cheap", .help = "costs before quality"}};

constexpr cli::Positional k_model_name[] = {
    {.name = "NAME", .help = "a model or one of its aliases", .values = "@models", .required = true}};

const Registered<cli::Command> k_model_list{
    cli::Command{.path = "model list",
                 .group = "Inspect",
                 .summary = "the model catalogue: context, output, abilities, prices",
                 .waits = false,
                 .run = list_models}};
const Registered<cli::Command> k_route{cli::Command{.path = "model route",
                                                    .group = "Inspect",
                                                    .summary = "which model answers a call, and why",
                                                    .options = k_route_options,
                                                    .waits = false,
                                                    .run = route}};
const Registered<cli::Command> k_model_show{cli::Command{.path = "model show",
                                                         .group = "Inspect",
                                                         .summary = "one model",
                                                         .positionals = k_model_name,
                                                         .waits = false,
                                                         .run = show_model}};

}  // namespace

Result<models::ModelCatalogue> embedded_catalogue() {
  const auto document = models::embedded_models();
  if (!document) return fail(document.error());
  return models::ModelCatalogue::from(*document);
}

Result<models::ModelCatalogue> load_catalogue(const Context& context) {
  if (context.config.text("models.file").empty()) return embedded_catalogue();
  const auto document = io::read_yaml(path_setting(context, "models.file"));
  if (!document) return fail(document.error());
  return models::ModelCatalogue::from(*document);
}

}  // namespace exai::commands
