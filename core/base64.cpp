#include "core/base64.hpp"

#include <array>
#include <cstdint>

namespace exai {
namespace {

constexpr std::string_view k_common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view k_url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8U | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) {
      if (k <= count)
        text += alphabet[group >> (18U - 6U * k) & 63U];
      else if (padded)
        text += '=';
    }
  }
  return text;
}

constexpr std::array<std::int8_t, 256> values_of(std::string_view alphabet) {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values.at(static_cast<unsigned char>(alphabet[i])) = static_cast<std::int8_t>(i);
  return values;
}

/// `text` without padding.
std::optional<std::string> decode(std::string_view text, const std::array<std::int8_t, 256>& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::int8_t value = values.at(static_cast<unsigned char>(c));
    if (value < 0) return std::nullopt;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255U);
  }
  // What is left over must be zero, else two texts would mean the same bytes.
  if ((bits & ((1U << count) - 1U)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string base64(std::string_view bytes) {
  return encode(bytes, k_common, true);
}

std::string base64url(std::string_view bytes) {
  return encode(bytes, k_url_safe, false);
}

std::optional<std::string> read_base64(std::string_view text) {
  static constexpr auto k_values = values_of(k_common);
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  return decode(text, k_values);
}

std::optional<std::string> read_base64url(std::string_view text) {
  static constexpr auto k_values = values_of(k_url_safe);
  return decode(text, k_values);
}

}  // namespace exai
