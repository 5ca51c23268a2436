// The model catalogue: one data file (core/models.yaml), embedded, overridable (models.file).
#pragma once

#include "core/node.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai {

/// US dollars per million tokens.
struct ModelPrice {
  double input = 0;
  double cached_input = 0;
  double output = 0;
};

struct Model {
  std::string name;
  std::string provider;  ///< "glm", "kimi", "custom"
  std::vector<std::string> aliases;
  long long context = 0;     ///< tokens
  long long max_output = 0;  ///< tokens
  bool images = false;
  bool functions = false;
  bool thinking = false;
  bool web_search = false;
  std::optional<ModelPrice> price;  ///< absent = not published
  std::string description;
};

class ModelCatalogue {
 public:
  /// From the parsed data file; errors name file and line (unknown key, duplicate name or alias, bad number).
  static Result<ModelCatalogue> from(const Node& document);
  [[nodiscard]] const std::vector<Model>& models() const { return models_; }
  /// By name or alias, ignoring case; nullptr when unknown.
  [[nodiscard]] const Model* find(std::string_view name_or_alias) const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::vector<Model> models_;
};

/// The text of the embedded data file.
std::string_view embedded_models_yaml();

}  // namespace exai
