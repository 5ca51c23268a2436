// The model catalogue: one data file (models/models.yaml), embedded, overridable (models.file).
#pragma once

#include "core/node.hpp"
#include "core/result.hpp"
#include "models/route.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::models {

/// US dollars per million tokens.
struct ModelPrice {
  double input = 0;
  double cached_input = 0;
  double output = 0;
};

/// What becomes of a wanted temperature.
struct TemperatureRule {
  enum class Kind : std::uint8_t { range, discrete, unsupported };
  Kind kind = Kind::range;
  double low = 0, high = 2;    ///< range; a fixed temperature is a range of one value
  std::vector<double> values;  ///< discrete
  /// What is sent for it; nothing where the model takes none.
  [[nodiscard]] std::optional<double> fit(double wanted) const;
};

struct Model {
  std::string name;
  std::string provider;  ///< id of its record: "glm"
  std::vector<std::string> aliases;
  long long context = 0;     ///< tokens
  long long max_output = 0;  ///< tokens
  bool images = false;
  bool functions = false;
  bool thinking = false;
  bool web_search = false;
  bool json = false;                 ///< can be held to one JSON object
  bool tool_stream = false;          ///< streams tool calls in parts
  std::string thinks_with;           ///< model that answers when thinking is asked for; empty = this one
  std::vector<std::string> instead;  ///< models of other providers that answer when this one cannot
  TemperatureRule temperature;
  std::optional<ModelPrice> price;  ///< absent = not published
  std::string description;
};

/// What it can do beyond text, in words: "images", "functions", "thinking", "web search".
std::vector<std::string> abilities(const Model& model);

class ModelCatalogue {
 public:
  /// From the parsed data file; errors name file and line (unknown key, duplicate name or alias, bad number).
  static Result<ModelCatalogue> from(const Node& document);
  [[nodiscard]] const std::vector<Model>& models() const { return models_; }
  /// By name or alias, ignoring case; nullptr when unknown.
  [[nodiscard]] const Model* find(std::string_view name_or_alias) const;
  [[nodiscard]] std::vector<std::string> names() const;
  /// The rules by which a model is found for a call that names none; they may be empty.
  [[nodiscard]] const RouteTable& routes() const { return routes_; }
  /// Errors (config, with the place): a rule uses a model that is neither here nor the id of the provider
  /// that takes any.
  Result<void> set_routes(RouteTable routes);

 private:
  std::vector<Model> models_;
  RouteTable routes_;
};

/// The built-in models/models.yaml and models/routes.yaml.
Result<Node> embedded_models();
Result<Node> embedded_routes();

}  // namespace exai::models
