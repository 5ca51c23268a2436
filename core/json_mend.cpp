#include "core/json.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace exai {
namespace {

constexpr std::string_view k_bom = "\xEF\xBB\xBF";
constexpr std::string_view k_replacement = "\xEF\xBF\xBD";  // U+FFFD

/// The value of the four hexadecimal digits at `at`; 0x10000 when they are none.
unsigned code_unit(std::string_view text, std::size_t at) {
  constexpr unsigned k_none = 0x10000;
  if (at + 4 > text.size()) return k_none;
  unsigned value = 0;
  for (const char c : text.substr(at, 4)) {
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a') + 10U
                           : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A') + 10U
                                                  : 16U;
    if (digit > 15U) return k_none;
    value = value * 16U + digit;
  }
  return value;
}

bool is_high(unsigned unit) {
  return unit >= 0xD800U && unit < 0xDC00U;
}
bool is_low(unsigned unit) {
  return unit >= 0xDC00U && unit < 0xE000U;
}

/// Each half of a surrogate pair that stands alone becomes U+FFFD.
std::string without_lone_surrogates(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      out += text[at++];
      continue;
    }
    const unsigned unit = text[at + 1] == 'u' ? code_unit(text, at + 2) : 0U;
    const std::size_t next = at + 6;
    const bool pair = is_high(unit) && next + 1 < text.size() && text[next] == '\\' &&
                      text[next + 1] == 'u' && is_low(code_unit(text, next + 2));
    const std::size_t length = pair ? 12 : is_high(unit) || is_low(unit) ? 6 : 2;
    if (length == 6)
      out += k_replacement;
    else
      out += text.substr(at, length);
    at += length;
  }
  return out;
}

/// How many bytes of valid UTF-8 the character at the beginning has; 0 when it is none.
std::size_t character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80U ? 1 : lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
  return length <= text.size() && is_utf8(text.substr(0, length)) ? length : 0;
}

std::string with_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character(text);
    out += length == 0 ? k_replacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace

Result<Json> parse_foreign_json(std::string_view text, int max_depth) {
  if (text.starts_with(k_bom)) text.remove_prefix(k_bom.size());
  Result<Json> strictly = parse_json(text, max_depth);
  if (strictly) return strictly;
  const std::string valid = is_utf8(text) ? std::string(text) : with_valid_utf8(text);
  Result<Json> mended = parse_json(without_lone_surrogates(valid), max_depth);
  return mended ? std::move(mended) : std::move(strictly);
}

}  // namespace exai
