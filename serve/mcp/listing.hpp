// A list of what is offered, serialised once for both lifecycles and cut into pages.
#pragma once

#include "serve/mcp/writer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::serve::mcp {

class Listing {
 public:
  Listing() = default;
  /// `key` is the member of the result ("tools"), `items` JSON texts, `page` how many of them go on one page.
  Listing(const McpWriter& writer, std::string_view key, const std::vector<std::string>& items,
          std::size_t page, const CacheHint& hint);

  /// The result of the page that a cursor stands for ("" = the first); nullptr for a cursor that is not ours
  /// or belongs to an older list.
  [[nodiscard]] const std::string* page(Era era, std::string_view cursor) const;

 private:
  struct Page {
    std::string cursor, session, stateless;
  };
  std::vector<Page> pages_;
};

}  // namespace exai::serve::mcp
