// The rule table by which a model is found for a call that names none (models/routes.yaml). Rules are data;
// who may be used is judged where providers are known (models/providers).
#pragma once

#include "core/error.hpp"
#include "core/node.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::models {

/// What a call needs of its model.
struct RouteNeeds {
  std::string_view tool{};
  bool web = false, files = false, images = false, thinking = false;
  bool fast = true, cheap = false;
  long long tokens = 0;
};

struct RouteRule {
  std::string id, why;
  std::vector<std::string> tools;  ///< empty = any
  std::optional<bool> web, files, images, thinking, fast, cheap;
  long long tokens_over = 0;
  std::vector<std::string> use;  ///< names of models, best first; or the id of the provider that takes any
  Location where;

  /// The first condition that does not hold, for a person ("thinking is false"); nothing when all hold.
  [[nodiscard]] std::optional<std::string> misfit(const RouteNeeds& needs) const;
  [[nodiscard]] bool fits(const RouteNeeds& needs) const;
};

class RouteTable {
 public:
  /// From the parsed data file; errors name file and line.
  static Result<RouteTable> from(const Node& document);
  [[nodiscard]] const std::vector<RouteRule>& rules() const { return rules_; }

 private:
  std::vector<RouteRule> rules_;
};

}  // namespace exai::models
