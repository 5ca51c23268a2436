#include "serve/instructions.hpp"

#include "core/text.hpp"

#include <utility>
#include <vector>

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& instructions();
}  // namespace exai::embedded

namespace exai::serve {

std::string instructions() {
  return std::string(trim(embedded::instructions().front().second));
}

}  // namespace exai::serve
