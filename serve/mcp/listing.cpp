#include "serve/mcp/listing.hpp"

#include "core/base64.hpp"
#include "core/digest.hpp"

namespace exai::serve::mcp {

Listing::Listing(const McpWriter& writer, std::string_view key, const std::vector<std::string>& items,
                 std::size_t page, const CacheHint& hint) {
  std::string all(key);
  for (const std::string& item : items) all.append("\n").append(item);
  const std::size_t pages = items.empty() ? 1 : (items.size() + page - 1) / page;
  // A cursor names its list by digest: after a change the old ones are errors, never a wrong page.
  const auto cursor_of = [&](std::size_t number) {
    if (number == 0 || number >= pages) return std::string();
    return base64url(bytes_of(sha256(all + "\n" + std::to_string(number))).substr(0, 12));
  };
  for (std::size_t number = 0; number < pages; ++number) {
    std::string text;
    for (std::size_t i = number * page; i < items.size() && i < (number + 1) * page; ++i)
      text.append(text.empty() ? "" : ",").append(items[i]);
    const std::string next = cursor_of(number + 1);
    pages_.push_back({cursor_of(number), writer.list(Era::session, key, text, next, hint),
                      writer.list(Era::stateless, key, text, next, hint)});
  }
}

const std::string* Listing::page(Era era, std::string_view cursor) const {
  for (const Page& one : pages_)
    if (one.cursor == cursor) return era == Era::session ? &one.session : &one.stateless;
  return nullptr;
}

}  // namespace exai::serve::mcp
