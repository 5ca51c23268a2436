#include "core/retry_after.hpp"

#include "core/text.hpp"

#include <array>
#include <charconv>
#include <vector>

namespace exai {
namespace {

std::optional<int> number(std::string_view text, std::size_t min, std::size_t max) {
  if (text.size() < min || text.size() > max) return std::nullopt;
  return read_digits(text);
}

std::optional<unsigned> month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> k_names{"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto* const found = std::find(k_names.begin(), k_names.end(), to_lower(name));
  if (found == k_names.end()) return std::nullopt;
  return static_cast<unsigned>(found - k_names.begin()) + 1U;
}

std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
  const std::vector<std::string> parts = split(text, ':');
  if (text.size() != 8 || parts.size() != 3) return std::nullopt;
  const auto hour = number(parts[0], 2, 2), minute = number(parts[1], 2, 2), second = number(parts[2], 2, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

int year_of(Wall time) {
  return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year());
}

std::optional<int> full_year(std::string_view text, Wall now) {
  if (const auto year = number(text, 4, 4)) return year;
  const auto two = number(text, 2, 2);
  if (!two) return std::nullopt;
  constexpr int k_century = 100, k_ahead = 50;
  const int century = year_of(now) / k_century * k_century;
  // More than 50 years ahead means the last one that ended in these digits.
  const int year = century + *two;
  return year > year_of(now) + k_ahead ? year - k_century : year;
}

std::optional<Wall> date(std::string_view day, std::string_view month, std::string_view year,
                         std::string_view time, Wall now) {
  const auto d = number(day, 1, 2), y = full_year(year, now);
  const auto m = month_of(month);
  const auto t = time_of_day(time);
  if (!d || !m || !y || !t) return std::nullopt;
  constexpr int k_first = 1900, k_last = 2200;  // a clock of nanoseconds ends not long after
  const std::chrono::year_month_day at{std::chrono::year(std::clamp(*y, k_first, k_last)),
                                       std::chrono::month(*m), std::chrono::day(static_cast<unsigned>(*d))};
  if (!at.ok()) return std::nullopt;
  return Wall(std::chrono::sys_days(at)) + *t;
}

/// Digits with at most one point among them.
bool is_decimal(std::string_view text) {
  const bool digits = text.find_first_of("0123456789") != std::string_view::npos;
  return digits && text.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::count(text.begin(), text.end(), '.') <= 1;
}

}  // namespace

std::optional<Wall> parse_http_date(std::string_view text, Wall now) {
  const std::vector<std::string> words = split(text, ' ');
  // Sun, 06 Nov 1994 08:49:37 GMT
  if (words.size() == 6) return date(words[1], words[2], words[3], words[4], now);
  // Sun Nov  6 08:49:37 1994
  if (words.size() == 5) return date(words[2], words[1], words[4], words[3], now);
  if (words.size() != 4) return std::nullopt;
  // Sunday, 06-Nov-94 08:49:37 GMT
  const std::vector<std::string> day = split(words[1], '-');
  return day.size() == 3 ? date(day[0], day[1], day[2], words[2], now) : std::nullopt;
}

std::optional<Millis> parse_retry_after(std::string_view text, Wall now) {
  text = trim(text);
  if (is_decimal(text)) {
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    constexpr std::size_t k_digits = 9;  // more is beyond any bound
    if (whole.size() > k_digits && whole.find_first_not_of('0') < whole.size() - k_digits)
      return k_max_retry_after;
    const std::string_view seconds = whole.substr(whole.size() - std::min(whole.size(), k_digits));
    long long value = 0;
    std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
    std::string fraction(text.substr(std::min(point + 1, text.size())));
    fraction.resize(3, '0');
    long long thousandths = 0;
    std::from_chars(fraction.data(), fraction.data() + fraction.size(), thousandths);
    return std::min(Millis(value * 1000 + thousandths), k_max_retry_after);
  }
  const std::optional<Wall> until = parse_http_date(text, now);
  if (!until) return std::nullopt;
  return std::clamp(std::chrono::ceil<Millis>(*until - now), Millis{0}, k_max_retry_after);
}

}  // namespace exai
