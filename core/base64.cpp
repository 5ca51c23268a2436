#include "core/base64.hpp"

#include <array>
#include <cstdint>

namespace exai {
namespace base64_text {
namespace {

constexpr std::string_view k_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int, 256> values() {
  std::array<int, 256> table{};
  for (int& value : table) value = -1;
  for (std::size_t i = 0; i < k_letters.size(); ++i) table[static_cast<unsigned char>(k_letters[i])] = int(i);
  return table;
}

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

}  // namespace
}  // namespace base64_text

std::string encode_base64(std::string_view bytes) {
  using base64_text::byte_at;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::uint32_t group =
        byte_at(bytes, at) << 16U | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2);
    for (const unsigned shift : {18U, 12U, 6U, 0U}) text += base64_text::k_letters[group >> shift & 63U];
  }
  for (std::size_t missing = (3 - bytes.size() % 3) % 3; missing > 0; --missing)
    text[text.size() - missing] = '=';
  return text;
}

Result<std::string> decode_base64(std::string_view text) {
  static constexpr std::array<int, 256> k_values = base64_text::values();
  if (text.size() % 4 != 0) return fail(ErrorKind::invalid, "not base64: the length is no multiple of four");
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::size_t letters = text.size() - padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int value = at < letters ? k_values[static_cast<unsigned char>(text[at])] : 0;
    if (value < 0) return fail(ErrorKind::invalid, "not base64: a letter that is none of its alphabet");
    group = group << 6U | static_cast<std::uint32_t>(value);
    if (at % 4 != 3) continue;
    for (const unsigned shift : {16U, 8U, 0U}) bytes += static_cast<char>(group >> shift & 255U);
    group = 0;
  }
  bytes.erase(bytes.size() - padding);
  return bytes;
}

}  // namespace exai
