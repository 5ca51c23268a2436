#include "core/duration.hpp"

#include <limits>
#include <optional>

#include <fmt/core.h>

namespace exai {
namespace {

// Milliseconds in one unit; 0 for an unknown one.
long long unit_millis(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1000;
  if (unit == "m" || unit == "min") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return 0;
}

// "67.5" times `unit` milliseconds, exactly; nothing if that is not a whole number or too large.
std::optional<long long> exact(std::string_view whole, std::string_view decimals, long long unit) {
  constexpr long long k_limit = std::numeric_limits<long long>::max() / 20;
  long long value = 0;
  for (const char c : whole) {
    if (value > k_limit / unit / 10) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  long long millis = value * unit;
  long long rest = unit;  // what one more decimal digit counts, as a fraction rest/scale
  long long scale = 1;
  long long part = 0;
  for (const char c : decimals) {
    if (scale > 1'000'000'000) return c == '0' ? std::optional{millis} : std::nullopt;
    scale *= 10;
    part = part * 10 + (c - '0');
  }
  if (part != 0) {
    if ((part * rest) % scale != 0) return std::nullopt;
    millis += part * rest / scale;
  }
  return millis;
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

struct DurationPart {
  std::string_view whole{}, decimals{}, unit{};
};

/// The characters from `at` on for which that holds; `at` moves behind them.
template <class Holds>
std::string_view take_while(std::string_view text, std::size_t& at, Holds holds) {
  const std::size_t begin = at;
  while (at < text.size() && holds(text[at])) ++at;
  return text.substr(begin, at - begin);
}

/// "67.5s" at `at`, which moves behind it; nothing where no number stands.
std::optional<DurationPart> duration_part(std::string_view text, std::size_t& at) {
  DurationPart part;
  part.whole = take_while(text, at, digit);
  if (at < text.size() && text[at] == '.') {
    part.decimals = take_while(text, ++at, digit);
    if (part.decimals.empty()) return std::nullopt;
  }
  if (part.whole.empty()) return std::nullopt;
  part.unit = take_while(text, at, [](char c) { return !digit(c) && c != '.'; });
  return part;
}

}  // namespace

Result<Millis> parse_duration(std::string_view text, std::string_view bare_unit) {
  const auto bad = [&](std::string_view why) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" {}", text, why),
                "write it like 250ms, 10s, 67.5s or 1m30s");
  };
  if (text.empty()) return bad("is not a duration");
  long long total = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    std::optional<DurationPart> part = duration_part(text, at);
    if (!part) return bad("is not a duration");
    if (part->unit.empty()) {
      if (bare_unit.empty()) return bad("has no unit");
      if (total != 0) return bad("mixes numbers with and without units");
      part->unit = bare_unit;
    }
    const long long millis = unit_millis(part->unit);
    if (millis == 0) return bad(fmt::format("has the unknown unit \"{}\"", part->unit));
    const auto value = exact(part->whole, part->decimals, millis);
    if (!value || *value > std::numeric_limits<long long>::max() / 4 - total)
      return bad("is not a whole number of milliseconds in range");
    total += *value;
  }
  return Millis{total};
}

std::string format_duration(Millis value) {
  long long millis = value.count();
  const std::string sign = millis < 0 ? "-" : "";
  if (millis < 0) millis = -millis;
  if (millis < 1000) return fmt::format("{}{}ms", sign, millis);
  if (millis < 60'000 || millis % 1000 != 0) return sign + format_seconds(Millis{millis}) + "s";
  std::string text = sign;
  const long long seconds = millis / 1000;
  if (seconds >= 3600) text += fmt::format("{}h", seconds / 3600);
  if (seconds / 60 % 60 != 0) text += fmt::format("{}m", seconds / 60 % 60);
  if (seconds % 60 != 0) text += fmt::format("{}s", seconds % 60);
  return text;
}

std::string format_seconds(Millis value) {
  const long long millis = value.count();
  if (millis % 1000 == 0) return fmt::format("{}", millis / 1000);
  std::string text =
      fmt::format("{}{}.{:03}", millis < 0 ? "-" : "", std::abs(millis / 1000), std::abs(millis % 1000));
  while (text.back() == '0') text.pop_back();
  return text;
}

}  // namespace exai
