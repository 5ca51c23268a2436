// One case of the catalogue out of its YAML.
#pragma once

#include "core/result.hpp"
#include "suite/catalogue/node_json.hpp"
#include "suite/run/case.hpp"

#include <string>
#include <vector>

namespace exai::suite {

/// What holds for all cases of a tool, of which those of its group are part.
struct CaseDefaults {
  std::string tool;
  Json base = Json::object();  ///< arguments of every call of the tool
  std::vector<std::string> needs{};
  bool spends_money = false;
  Millis expected{0};  ///< how long a call of its class may take
  Values values{};     ///< for ${NAME}
};

/// An answer that comes so much later than is expected of its class is none any more.
inline constexpr Millis k_grace{5000};

/// All cases of one variation: a scalar is the reason why it does not apply, a map is a case, a list several.
/// Errors are config, with the place and the nearest known word.
Result<std::vector<TestCase>> read_cases(const Node& node, const std::string& variation,
                                         const CaseDefaults& defaults);

/// Refuses fields that are not among `known`.
Result<void> only_fields(const Node& node, const std::vector<std::string>& known);

/// The texts of a list of scalars, or of one scalar; none of a node that is not there.
Result<std::vector<std::string>> texts_of_node(const Node* node);

/// true, false, or `otherwise` where there is no such field.
Result<bool> truth_of(const Node& node, std::string_view field, bool otherwise);

}  // namespace exai::suite
