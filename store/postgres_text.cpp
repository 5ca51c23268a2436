#include "store/postgres_text.hpp"

#include <algorithm>

namespace exai::store {
namespace {

constexpr std::string_view k_mark = "\xEE\x80\x80", k_itself = "\xEE\x80\x81", k_nul = "\xEE\x80\x82";

}  // namespace

std::string to_postgres_text(std::string_view text) {
  if (text.find('\0') == std::string_view::npos && text.find(k_mark) == std::string_view::npos)
    return std::string(text);
  std::string stored;
  stored.reserve(text.size() + 16);
  while (!text.empty()) {
    if (text.front() == '\0') {
      stored.append(k_mark).append(k_nul);
      text.remove_prefix(1);
    } else if (text.starts_with(k_mark)) {
      stored.append(k_mark).append(k_itself);
      text.remove_prefix(k_mark.size());
    } else {
      stored += text.front();
      text.remove_prefix(1);
    }
  }
  return stored;
}

std::string from_postgres_text(std::string_view stored) {
  std::string text;
  text.reserve(stored.size());
  for (std::size_t mark = stored.find(k_mark); mark != std::string_view::npos; mark = stored.find(k_mark)) {
    text.append(stored.substr(0, mark));
    stored.remove_prefix(mark + k_mark.size());
    if (stored.starts_with(k_nul))
      text += '\0';
    else
      text.append(k_mark);
    stored.remove_prefix(std::min(stored.size(), k_itself.size()));
  }
  return text.append(stored);
}

}  // namespace exai::store
