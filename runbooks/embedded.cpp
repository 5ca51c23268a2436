#include "runbooks/embedded.hpp"

#include <utility>

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& runbooks();
}

namespace exai::runbooks {

const std::vector<Embedded>& embedded_runbooks() {
  static const std::vector<Embedded> k_books = [] {
    std::vector<Embedded> books;
    for (const auto& [name, text] : embedded::runbooks()) books.push_back({name, text});
    return books;
  }();
  return k_books;
}

}  // namespace exai::runbooks
