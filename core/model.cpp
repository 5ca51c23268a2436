#include "core/model.hpp"

#include "core/text.hpp"

#include <charconv>
#include <cmath>
#include <set>

#include <fmt/core.h>

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& models();
}

namespace exai {
namespace model_file {
namespace {

const std::vector<std::string> k_model_keys{"name",       "provider", "aliases",    "context",
                                            "max_output", "images",   "functions",  "thinking",
                                            "web_search", "price",    "description"};
const std::vector<std::string> k_price_keys{"input", "cached_input", "output"};

tl::unexpected<Error> wrong(const Node& node, std::string message, std::string hint = {}) {
  return fail(make_error(ErrorKind::config, std::move(message), std::move(hint)).at(node.where));
}

Result<void> known_keys(const Node& node, const std::vector<std::string>& keys, std::string_view of) {
  for (const auto& [key, value] : node.fields)
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return wrong(value, fmt::format("unknown key '{}' of {}", key, of), did_you_mean(key, keys));
  return {};
}

Result<std::string> word(const Node& node, std::string_view key) {
  const Node* field = node.find(key);
  if (field == nullptr) return wrong(node, fmt::format("the model has no '{}'", key));
  if (!field->is_scalar() || trim(field->scalar).empty())
    return wrong(*field, fmt::format("'{}' must be text", key));
  return field->scalar;
}

Result<long long> tokens(const Node& node, std::string_view key) {
  const Result<std::string> text = word(node, key);
  if (!text) return fail(text.error());
  long long value = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (problem != std::errc{} || end != text->data() + text->size() || value < 1 || value > 100'000'000)
    return wrong(*node.find(key),
                 fmt::format("'{}' must be a whole number of tokens, it is '{}'", key, *text));
  return value;
}

Result<bool> flag(const Node& node, std::string_view key) {
  const Node* field = node.find(key);
  if (field == nullptr || (field->is_scalar() && field->scalar == "false")) return false;
  if (field->is_scalar() && field->scalar == "true") return true;
  return wrong(*field, fmt::format("'{}' must be true or false", key));
}

Result<double> dollars(const Node& price, std::string_view key) {
  const Node* field = price.find(key);
  if (field == nullptr) return wrong(price, fmt::format("the price has no '{}'", key));
  double value = -1;
  const std::string& text = field->scalar;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!field->is_scalar() || problem != std::errc{} || end != text.data() + text.size() ||
      !std::isfinite(value) || value < 0)
    return wrong(*field, fmt::format("'{}' must be dollars per million tokens, it is '{}'", key, text));
  return value;
}

Result<std::optional<ModelPrice>> price(const Node& node) {
  const Node* field = node.find("price");
  if (field == nullptr) return std::optional<ModelPrice>{};
  if (!field->is_map()) return wrong(*field, "'price' must have input, cached_input and output");
  if (auto known = known_keys(*field, k_price_keys, "a price"); !known) return fail(known.error());
  ModelPrice result;
  for (const auto& [key, target] : {std::pair<std::string_view, double*>{"input", &result.input},
                                    {"cached_input", &result.cached_input},
                                    {"output", &result.output}}) {
    const Result<double> value = dollars(*field, key);
    if (!value) return fail(value.error());
    *target = *value;
  }
  return std::optional{result};
}

Result<std::vector<std::string>> aliases(const Node& node) {
  std::vector<std::string> result;
  const Node* field = node.find("aliases");
  if (field == nullptr) return result;
  if (!field->is_list()) return wrong(*field, "'aliases' must be a list");
  for (const Node& item : field->items) {
    if (!item.is_scalar() || trim(item.scalar).empty()) return wrong(item, "an alias must be text");
    result.push_back(item.scalar);
  }
  return result;
}

Result<void> read_flags(const Node& node, Model& model) {
  for (const auto& [key, target] : {std::pair<std::string_view, bool*>{"images", &model.images},
                                    {"functions", &model.functions},
                                    {"thinking", &model.thinking},
                                    {"web_search", &model.web_search}}) {
    const Result<bool> value = flag(node, key);
    if (!value) return fail(value.error());
    *target = *value;
  }
  return {};
}

Result<Model> model(const Node& node) {
  if (!node.is_map()) return wrong(node, "a model must be a mapping with name, provider, context, ...");
  if (auto known = known_keys(node, k_model_keys, "a model"); !known) return fail(known.error());
  Model result;
  const Result<std::string> name = word(node, "name");
  if (!name) return fail(name.error());
  const Result<std::string> provider = word(node, "provider");
  if (!provider) return fail(provider.error());
  const Result<long long> context = tokens(node, "context");
  if (!context) return fail(context.error());
  const Result<long long> max_output = tokens(node, "max_output");
  if (!max_output) return fail(max_output.error());
  if (*max_output > *context) return wrong(*node.find("max_output"), "'max_output' is larger than 'context'");
  Result<std::vector<std::string>> other = aliases(node);
  if (!other) return fail(other.error());
  const Result<std::optional<ModelPrice>> cost = price(node);
  if (!cost) return fail(cost.error());
  if (auto flags = read_flags(node, result); !flags) return fail(flags.error());
  result.name = *name;
  result.provider = *provider;
  result.context = *context;
  result.max_output = *max_output;
  result.aliases = std::move(*other);
  result.price = *cost;
  result.description = node.text("description");
  return result;
}

}  // namespace
}  // namespace model_file

Result<ModelCatalogue> ModelCatalogue::from(const Node& document) {
  using model_file::wrong;
  if (!document.is_map()) return wrong(document, "a model catalogue needs 'version: 1' and 'models'");
  if (auto known = model_file::known_keys(document, {"version", "models"}, "the catalogue"); !known)
    return fail(known.error());
  if (document.text("version") != "1") return wrong(document, "'version' of the model catalogue must be 1");
  const Node* list = document.find("models");
  if (list == nullptr || !list->is_list() || list->items.empty())
    return wrong(document, "'models' must be a list with one model at least");
  ModelCatalogue catalogue;
  std::set<std::string> taken;
  for (const Node& item : list->items) {
    Result<Model> model = model_file::model(item);
    if (!model) return fail(model.error());
    std::vector<std::string> names = model->aliases;
    names.insert(names.begin(), model->name);
    for (const std::string& name : names)
      if (!taken.insert(to_lower(name)).second)
        return wrong(item, fmt::format("the name or alias '{}' is used twice", name),
                     "every name and alias must be unique, ignoring case");
    catalogue.models_.push_back(std::move(*model));
  }
  return catalogue;
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

std::string_view embedded_models_yaml() {
  return embedded::models().front().second;
}

}  // namespace exai
