#include "engine/context.hpp"

namespace exai::engine {

const Json& CallContext::input(const std::string& key) const {
  static const Json k_none;
  const auto found = facts_.inputs.find(key);
  return found == facts_.inputs.end() ? k_none : *found;
}

}  // namespace exai::engine
