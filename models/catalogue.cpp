#include "models/catalogue.hpp"

#include "core/packed.hpp"
#include "core/text.hpp"
#include "models/providers/provider.hpp"

#include <charconv>
#include <cmath>
#include <set>

#include <fmt/core.h>

namespace exai::packed {
const std::vector<std::pair<std::string_view, std::string_view>>& models();
}

namespace exai::models {
namespace {

const std::vector<std::string> k_model_keys{"name",        "provider",    "aliases",     "context",
                                            "max_output",  "images",      "functions",   "thinking",
                                            "web_search",  "price",       "description", "json",
                                            "tool_stream", "thinks_with", "instead",     "temperature"};
const std::vector<std::string> k_price_keys{"input", "cached_input", "output"};

tl::unexpected<Error> wrong_catalogue(const Node& node, std::string message, std::string hint = {}) {
  return fail(make_error(ErrorKind::config, std::move(message), std::move(hint)).at(node.where));
}

Result<void> known_catalogue_keys(const Node& node, const std::vector<std::string>& keys,
                                  std::string_view of) {
  for (const auto& [key, value] : node.fields)
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return wrong_catalogue(value, fmt::format("unknown key '{}' of {}", key, of), did_you_mean(key, keys));
  return {};
}

Result<std::string> word(const Node& node, std::string_view key) {
  const Node* field = node.find(key);
  if (field == nullptr) return wrong_catalogue(node, fmt::format("the model has no '{}'", key));
  if (!field->is_scalar() || trim(field->scalar).empty())
    return wrong_catalogue(*field, fmt::format("'{}' must be text", key));
  return field->scalar;
}

Result<long long> tokens(const Node& node, std::string_view key) {
  const Result<std::string> text = word(node, key);
  if (!text) return fail(text.error());
  long long value = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (problem != std::errc{} || end != text->data() + text->size() || value < 1 || value > 100'000'000)
    return wrong_catalogue(*node.find(key),
                           fmt::format("'{}' must be a whole number of tokens, it is '{}'", key, *text));
  return value;
}

Result<bool> flag(const Node& node, std::string_view key) {
  const Node* field = node.find(key);
  if (field == nullptr || (field->is_scalar() && field->scalar == "false")) return false;
  if (field->is_scalar() && field->scalar == "true") return true;
  return wrong_catalogue(*field, fmt::format("'{}' must be true or false", key));
}

Result<double> dollars(const Node& price, std::string_view key) {
  const Node* field = price.find(key);
  if (field == nullptr) return wrong_catalogue(price, fmt::format("the price has no '{}'", key));
  double value = -1;
  const std::string& text = field->scalar;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!field->is_scalar() || problem != std::errc{} || end != text.data() + text.size() ||
      !std::isfinite(value) || value < 0)
    return wrong_catalogue(*field,
                           fmt::format("'{}' must be dollars per million tokens, it is '{}'", key, text));
  return value;
}

Result<std::optional<models::ModelPrice>> price(const Node& node) {
  const Node* field = node.find("price");
  if (field == nullptr) return std::optional<models::ModelPrice>{};
  if (!field->is_map()) return wrong_catalogue(*field, "'price' must have input, cached_input and output");
  if (auto known = known_catalogue_keys(*field, k_price_keys, "a price"); !known) return fail(known.error());
  models::ModelPrice result;
  for (const auto& [key, target] : {std::pair<std::string_view, double*>{"input", &result.input},
                                    {"cached_input", &result.cached_input},
                                    {"output", &result.output}}) {
    const Result<double> value = dollars(*field, key);
    if (!value) return fail(value.error());
    *target = *value;
  }
  return std::optional{result};
}

Result<std::vector<std::string>> read_names(const Node& node, std::string_view key) {
  std::vector<std::string> result;
  const Node* field = node.find(key);
  if (field == nullptr) return result;
  if (!field->is_list()) return wrong_catalogue(*field, fmt::format("'{}' must be a list", key));
  for (const Node& item : field->items) {
    if (!item.is_scalar() || trim(item.scalar).empty())
      return wrong_catalogue(item, fmt::format("'{}' must be a list of names", key));
    result.push_back(item.scalar);
  }
  return result;
}

Result<double> degree(const Node& node) {
  double value = -1;
  const std::string& text = node.scalar;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!node.is_scalar() || problem != std::errc{} || end != text.data() + text.size() || value < 0 ||
      value > 2)
    return wrong_catalogue(node, fmt::format("a temperature must be a number from 0 to 2, it is '{}'", text));
  return value;
}

Result<std::vector<double>> degrees(const Node& list) {
  if (!list.is_list() || list.items.empty())
    return wrong_catalogue(list, "a list of temperatures belongs here");
  std::vector<double> values;
  for (const Node& item : list.items) {
    const Result<double> value = degree(item);
    if (!value) return fail(value.error());
    values.push_back(*value);
  }
  return values;
}

Result<models::TemperatureRule> temperature(const Node& node) {
  models::TemperatureRule rule;
  const Node* field = node.find("temperature");
  if (field == nullptr) return rule;
  if (!field->is_map() || field->fields.size() != 1)
    return wrong_catalogue(*field, "'temperature' must be one of range, discrete, fixed and unsupported");
  if (auto known =
          known_catalogue_keys(*field, {"range", "discrete", "fixed", "unsupported"}, "a temperature");
      !known)
    return fail(known.error());
  const auto& [kind, value] = field->fields.front();
  if (kind == "unsupported") {
    if (value.scalar != "true") return wrong_catalogue(value, "'unsupported' can only be true");
    rule.kind = models::TemperatureRule::Kind::unsupported;
  } else if (kind == "fixed") {
    const Result<double> fixed = degree(value);
    if (!fixed) return fail(fixed.error());
    rule.low = rule.high = *fixed;
  } else {
    Result<std::vector<double>> values = degrees(value);
    if (!values) return fail(values.error());
    if (kind == "discrete") {
      rule.kind = models::TemperatureRule::Kind::discrete;
      rule.values = std::move(*values);
    } else {
      if (values->size() != 2 || values->front() > values->back())
        return wrong_catalogue(value, "a range is two temperatures, the lower one first");
      rule.low = values->front();
      rule.high = values->back();
    }
  }
  return rule;
}

Result<void> read_flags(const Node& node, models::Model& model) {
  for (const auto& [key, target] : {std::pair<std::string_view, bool*>{"images", &model.images},
                                    {"functions", &model.functions},
                                    {"thinking", &model.thinking},
                                    {"web_search", &model.web_search},
                                    {"json", &model.json},
                                    {"tool_stream", &model.tool_stream}}) {
    const Result<bool> value = flag(node, key);
    if (!value) return fail(value.error());
    *target = *value;
  }
  return {};
}

Result<models::Model> read_model(const Node& node) {
  if (!node.is_map())
    return wrong_catalogue(node, "a model must be a mapping with name, provider, context, ...");
  if (auto known = known_catalogue_keys(node, k_model_keys, "a model"); !known) return fail(known.error());
  models::Model result;
  const Result<std::string> name = word(node, "name");
  if (!name) return fail(name.error());
  const Result<std::string> provider = word(node, "provider");
  if (!provider) return fail(provider.error());
  const Result<long long> context = tokens(node, "context");
  if (!context) return fail(context.error());
  const Result<long long> max_output = tokens(node, "max_output");
  if (!max_output) return fail(max_output.error());
  if (*max_output > *context)
    return wrong_catalogue(*node.find("max_output"), "'max_output' is larger than 'context'");
  Result<std::vector<std::string>> other = read_names(node, "aliases");
  if (!other) return fail(other.error());
  Result<std::vector<std::string>> instead = read_names(node, "instead");
  if (!instead) return fail(instead.error());
  Result<models::TemperatureRule> degrees = temperature(node);
  if (!degrees) return fail(degrees.error());
  const Result<std::optional<models::ModelPrice>> cost = price(node);
  if (!cost) return fail(cost.error());
  if (auto flags = read_flags(node, result); !flags) return fail(flags.error());
  result.name = *name;
  result.provider = *provider;
  result.context = *context;
  result.max_output = *max_output;
  result.aliases = std::move(*other);
  result.price = *cost;
  result.instead = std::move(*instead);
  result.temperature = std::move(*degrees);
  result.thinks_with = node.text("thinks_with");
  result.description = node.text("description");
  return result;
}

/// Models name each other; each must be there.
Result<void> known_references(const models::ModelCatalogue& catalogue, const Node& list) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const Node& item = list.items[i];
    std::vector<std::string> others = catalogue.models()[i].instead;
    if (const std::string& thinker = catalogue.models()[i].thinks_with; !thinker.empty())
      others.push_back(thinker);
    for (const std::string& other : others)
      if (catalogue.find(other) == nullptr)
        return wrong_catalogue(item,
                               fmt::format("the model {} names '{}', which is not in the catalogue",
                                           catalogue.models()[i].name, other),
                               did_you_mean(other, catalogue.names()));
  }
  return {};
}

}  // namespace

std::optional<double> TemperatureRule::fit(double wanted) const {
  if (kind == Kind::unsupported) return std::nullopt;
  if (kind == Kind::range) return std::clamp(wanted, low, high);
  double nearest = values.front();
  for (const double value : values)
    if (std::abs(value - wanted) < std::abs(nearest - wanted)) nearest = value;
  return nearest;
}

std::vector<std::string> abilities(const Model& model) {
  std::vector<std::string> words;
  if (model.images) words.emplace_back("images");
  if (model.functions) words.emplace_back("functions");
  if (model.thinking) words.emplace_back("thinking");
  if (model.web_search) words.emplace_back("web search");
  return words;
}

Result<ModelCatalogue> ModelCatalogue::from(const Node& document) {
  if (!document.is_map())
    return wrong_catalogue(document, "a model catalogue needs 'version: 1' and 'models'");
  if (auto known = known_catalogue_keys(document, {"version", "models"}, "the catalogue"); !known)
    return fail(known.error());
  if (document.text("version") != "1")
    return wrong_catalogue(document, "'version' of the model catalogue must be 1");
  const Node* list = document.find("models");
  if (list == nullptr || !list->is_list() || list->items.empty())
    return wrong_catalogue(document, "'models' must be a list with one model at least");
  ModelCatalogue catalogue;
  std::set<std::string> taken;
  for (const Node& item : list->items) {
    Result<Model> model = read_model(item);
    if (!model) return fail(model.error());
    std::vector<std::string> names = model->aliases;
    names.insert(names.begin(), model->name);
    for (const std::string& name : names)
      if (!taken.insert(to_lower(name)).second)
        return wrong_catalogue(item, fmt::format("the name or alias '{}' is used twice", name),
                               "every name and alias must be unique, ignoring case");
    catalogue.models_.push_back(std::move(*model));
  }
  if (auto known = known_references(catalogue, *list); !known) return fail(known.error());
  return catalogue;
}

Result<void> ModelCatalogue::set_routes(RouteTable routes) {
  const Provider* const open = open_provider();
  for (const RouteRule& rule : routes.rules())
    for (const std::string& name : rule.use)
      if (find(name) == nullptr && (open == nullptr || name != open->id)) {
        Error error =
            make_error(ErrorKind::config,
                       fmt::format("the rule {} uses '{}', which is not in the catalogue", rule.id, name),
                       did_you_mean(name, names()));
        return fail(std::move(error).at(rule.where));
      }
  routes_ = std::move(routes);
  return {};
}

const Model* ModelCatalogue::find(std::string_view name_or_alias) const {
  for (const Model& model : models_) {
    if (equals_ignoring_case(model.name, name_or_alias)) return &model;
    for (const std::string& alias : model.aliases)
      if (equals_ignoring_case(alias, name_or_alias)) return &model;
  }
  return nullptr;
}

std::vector<std::string> ModelCatalogue::names() const {
  std::vector<std::string> result;
  for (const Model& model : models_) result.push_back(model.name);
  return result;
}

Result<Node> embedded_models() {
  const auto& [file, text] = packed::models().front();
  return unpack(text, std::string(file));
}

Result<Node> embedded_routes() {
  const auto& [file, text] = packed::models().back();
  return unpack(text, std::string(file));
}

}  // namespace exai::models
