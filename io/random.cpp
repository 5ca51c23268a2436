#include "io/random.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <sys/random.h>

namespace exai::io {
namespace {

/// Straight from the kernel: OpenSSL's generator gives the same bytes, after milliseconds of its own start-up
/// that every command would pay. The call is repeated when a signal came between; any other failure is a
/// broken machine.
void fill(unsigned char* bytes, std::size_t count) {
  for (std::size_t have = 0; have < count;) {
    const ssize_t got = ::getrandom(bytes + have, count - have, 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) have += static_cast<std::size_t>(got);
  }
}

std::vector<unsigned char> random_bytes(std::size_t count) {
  std::vector<unsigned char> bytes(count);
  fill(bytes.data(), bytes.size());
  return bytes;
}

/// For ids, of which a server makes one a call: the kernel is asked for 32 at once. Not for secrets, which
/// should not lie about before they are needed.
std::vector<unsigned char> id_bytes() {
  constexpr std::size_t k_size = 16, k_stock = 32 * k_size;
  thread_local std::array<unsigned char, k_stock> k_bytes;
  thread_local std::size_t k_used = k_stock;
  if (k_used == k_stock) fill(k_bytes.data(), k_bytes.size()), k_used = 0;
  const auto* const from = k_bytes.data() + std::exchange(k_used, k_used + k_size);
  return {from, from + k_size};
}

std::string uuid_text(std::vector<unsigned char> bytes, unsigned version) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | version);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text.append({k_digits[bytes[i] >> 4U], k_digits[bytes[i] & 15U]});
  }
  return text;
}

}  // namespace

std::string random_hex(std::size_t bytes) {
  std::string text;
  for (const unsigned char byte : random_bytes(bytes)) text += fmt::format("{:02x}", byte);
  return text;
}

std::string random_uuid() {
  return uuid_text(random_bytes(16), 0x40U);
}

std::string time_ordered_uuid(Wall at) {
  std::vector<unsigned char> bytes = id_bytes();
  const auto since = std::chrono::duration_cast<Millis>(at.time_since_epoch()).count();
  auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(0, since));
  for (std::size_t i = 6; i > 0; --i, millis >>= 8U)
    bytes[i - 1] = static_cast<unsigned char>(millis & 0xFFU);
  return uuid_text(std::move(bytes), 0x70U);
}

std::string random_token(std::size_t bytes) {
  constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  // Six bits a character: one byte is drawn for each, two of its bits are dropped.
  for (const unsigned char byte : random_bytes((bytes * 8 + 5) / 6)) text += k_alphabet[byte & 63U];
  return text;
}

}  // namespace exai::io
