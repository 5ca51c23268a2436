#include "core/json.hpp"
#include "core/text.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace exai {
namespace {

// nlohmann's own dump looks at every byte with a state machine, and answers are texts within texts: it was 17
// % of the samples of a server under load with workflow steps. These write the same bytes
// (tests/core/json_test.cpp holds them against it).

constexpr std::uint64_t k_ones = 0x0101'0101'0101'0101U, k_high = 0x80 * k_ones;

constexpr std::size_t k_word = 8, k_block = 16;
using Block = unsigned char __attribute__((vector_size(k_block)));
struct Halves {
  std::uint64_t low, high;
};

/// Copies a whole block, of which only what stands before the first byte that needs an escape counts: the
/// number of these. `seen` collects the bits of all that were looked at.
std::size_t copy_block(const char* from, char* to, std::uint64_t& seen) {
  Block bytes;
  std::memcpy(&bytes, from, k_block);
  std::memcpy(to, &bytes, k_block);
  const auto halves = std::bit_cast<Halves>(bytes);
  seen |= halves.low | halves.high;
  const auto marks = std::bit_cast<Halves>((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
  if (marks.low != 0) return static_cast<std::size_t>(std::countr_zero(marks.low)) / 8;
  return marks.high == 0 ? k_block : k_word + static_cast<std::size_t>(std::countr_zero(marks.high)) / 8;
}

/// Marks (0x80) the first of eight bytes that needs an escape; what is marked after it may be wrong. 0 =
/// none.
std::uint64_t special(std::uint64_t bytes) {
  const auto zeros = [](std::uint64_t word) { return (word - k_ones) & ~word; };
  return (((bytes - 0x20 * k_ones) & ~bytes) | zeros(bytes ^ '"' * k_ones) | zeros(bytes ^ '\\' * k_ones)) &
         k_high;
}

/// The first bytes of `size`, eight at most, without looking further; zeros after them.
std::uint64_t load(const char* from, std::size_t size) {
  std::uint64_t bytes = 0;
  if (size >= k_word) {
    std::memcpy(&bytes, from, k_word);
  } else if (size >= k_word / 2) {
    std::uint32_t first = 0, last = 0;  // they overlap, with equal bytes
    std::memcpy(&first, from, sizeof first);
    std::memcpy(&last, from + size - sizeof last, sizeof last);
    bytes = first | (std::uint64_t{last} << (8 * (size - sizeof last)));
  } else {
    for (std::size_t i = size; i-- > 0;) bytes = bytes << 8U | static_cast<unsigned char>(from[i]);
  }
  return bytes;
}

/// The same for the end of a text, `left` bytes of it, that does not fill a block.
std::size_t copy_rest(const char* from, std::size_t left, char* to, std::uint64_t& seen) {
  const std::uint64_t bytes = load(from, left);
  std::memcpy(to, &bytes, k_word);
  seen |= bytes;
  const std::uint64_t marks = special(bytes);  // also of the zeros after the last byte
  return marks == 0 ? k_word : std::min(left, static_cast<std::size_t>(std::countr_zero(marks)) / 8);
}

/// Writes the escape of a control character; the number of its bytes, six at most.
std::size_t escape(char byte, char* to) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  constexpr std::string_view k_letters = "btn-fr";  // of the codes from 8 on; 11 has none
  const auto code = static_cast<unsigned char>(byte);
  to[0] = '\\';
  if (code >= '\b' && code <= '\r' && code != '\v') {
    to[1] = k_letters[code - '\b'];
    return 2;
  }
  to[1] = 'u';
  to[2] = to[3] = '0';
  to[4] = k_digits[code >> 4U];
  to[5] = k_digits[code & 15U];
  return 6;
}

class Writer {
 public:
  void put(const Json& value);
  void put_text(std::string_view text);
  std::string take() {
    if (used_ < text_.size() / 2) return text_.substr(0, used_);  // what is kept for long should be small
    text_.resize(used_);
    return std::move(text_);
  }

 private:
  /// Where at least `size` more bytes fit.
  char* room(std::size_t size) {
    if (text_.size() - used_ < size) text_.resize(std::max(2 * text_.size(), used_ + size));
    return text_.data() + used_;
  }
  void add(char c) { *room(1) = c, ++used_; }
  void add(std::string_view plain) {
    std::memcpy(room(plain.size()), plain.data(), plain.size());
    used_ += plain.size();
  }

  std::string text_ = std::string(512, '\0');  // its first `used_` bytes are written
  std::size_t used_ = 0;
};

void Writer::put_text(std::string_view text) {
  static_assert(std::endian::native == std::endian::little, "the lowest mark is the first byte's");
  constexpr std::size_t k_spare = 24;  // quotes, a block of which little counts, an escape
  const std::size_t began = used_;
  const char* from = text.data();
  const char* const end = from + text.size();
  char* to = room(text.size() + k_spare);
  std::uint64_t seen = 0;
  *to++ = '"';
  while (from != end) {
    const auto left = static_cast<std::size_t>(end - from);
    const std::size_t plain = left >= k_block ? copy_block(from, to, seen) : copy_rest(from, left, to, seen);
    to += plain;
    from += plain;
    if (from == end) break;
    if (*from == '"' || *from == '\\') {
      *to++ = '\\';
      *to++ = *from++;
    } else if (static_cast<unsigned char>(*from) < 0x20) {
      to += escape(*from++, to);
    } else {
      continue;
    }
    used_ = static_cast<std::size_t>(to - text_.data());
    to = room(static_cast<std::size_t>(end - from) + k_spare);
  }
  *to++ = '"';
  used_ = static_cast<std::size_t>(to - text_.data());
  if ((seen & k_high) == 0 || is_utf8(text)) return;
  used_ = began;
  add(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

void Writer::put(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      return put_text(value.get_ref<const std::string&>());
    case Json::value_t::object: {
      char before = '{';
      for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
        add(std::exchange(before, ','));
        put_text(name);
        add(':');
        put(member);
      }
      return add(before == '{' ? "{}" : "}");
    }
    case Json::value_t::array: {
      char before = '[';
      for (const Json& item : value.get_ref<const Json::array_t&>()) {
        add(std::exchange(before, ','));
        put(item);
      }
      return add(before == '[' ? "[]" : "]");
    }
    case Json::value_t::number_integer: {
      const fmt::format_int digits(value.get<std::int64_t>());
      return add({digits.data(), digits.size()});
    }
    case Json::value_t::number_unsigned: {
      const fmt::format_int digits(value.get<std::uint64_t>());
      return add({digits.data(), digits.size()});
    }
    case Json::value_t::number_float: {
      // A whole number as most of the world writes it, JavaScript first: who parses and writes our JSON again
      // gets the same text, and may compare it.
      constexpr double k_exact = 9007199254740992.0;  // 2^53
      const double number = value.get<double>();
      if (!(std::abs(number) <= k_exact) || std::trunc(number) != number) return add(value.dump());
      const fmt::format_int digits(static_cast<std::int64_t>(number));
      return add({digits.data(), digits.size()});
    }
    case Json::value_t::boolean:
      return add(value.get<bool>() ? "true" : "false");
    case Json::value_t::null:
      return add("null");
    default:
      return add(value.dump());
  }
}

/// Empties a tree from its leaves up. The library's destructor moves every member to a list of its own first,
/// so that depth costs it no stack; whoever writes a tree goes down into it anyway.
void release(Json& value) {
  if (value.is_object()) {
    auto& members = value.get_ref<Json::object_t&>();
    for (auto& [name, member] : members) release(member);
    members.clear();
  } else if (value.is_array()) {
    auto& items = value.get_ref<Json::array_t&>();
    for (Json& item : items) release(item);
    items.clear();
  }
}

}  // namespace

std::string dump_json(const Json& value) {
  Writer writer;
  writer.put(value);
  return writer.take();
}

std::string dump_json(Json&& value) {
  std::string text = dump_json(std::as_const(value));
  release(value);
  return text;
}

std::string pretty_json(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string quote_json(std::string_view text) {
  Writer writer;
  writer.put_text(text);
  return writer.take();
}

}  // namespace exai
