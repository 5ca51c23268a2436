#include "suite/results/texts.hpp"

#include "core/text.hpp"

#include <charconv>
#include <cmath>

namespace exai::suite {
namespace {

constexpr double k_max_seconds = 10.0 * 366 * 86400;

/// Where a sequence that steers a terminal ends, from the byte after its escape.
std::size_t after_escape(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '[') return std::min(at + 1, text.size());
  ++at;
  while (at < text.size() && text[at] >= 0x20 && text[at] < 0x40) ++at;
  return std::min(at + 1, text.size());
}

std::string without_colours(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\x1b') {
      at = after_escape(text, at + 1);
    } else if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') {
      ++at;
    } else {
      out += text[at++];
    }
  }
  return out;
}

/// Minutes east of Greenwich; nothing when it is none.
std::optional<int> zone_minutes(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  const bool colon = text.size() == 6 && text[3] == ':';
  if ((text[0] != '+' && text[0] != '-') || (text.size() != 5 && !colon)) return std::nullopt;
  const auto hours = read_digits(text.substr(1, 2)), minutes = read_digits(text.substr(colon ? 4 : 3));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return (text[0] == '-' ? -1 : 1) * (*hours * 60 + *minutes);
}

/// Takes ".434541" or ",434" off the front.
std::optional<Micros> take_fraction(std::string_view& text) {
  if (text.empty() || (text[0] != '.' && text[0] != ',')) return Micros{0};
  std::size_t end = 1;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  if (end == 1) return std::nullopt;
  std::string digits(text.substr(1, std::min<std::size_t>(end - 1, 6)));
  digits.resize(6, '0');
  text.remove_prefix(end);
  return Micros{read_digits(digits).value_or(0)};
}

}  // namespace

std::string kept_text(std::string_view text, std::size_t max) {
  // Whatever is left out or escaped: more than this never fits.
  const bool cut = text.size() > max * 4;
  std::string clean = printable(without_colours(text.substr(0, max * 4)));
  const std::string_view trimmed = trim(clean);
  if (trimmed.size() <= max && !cut) return std::string(trimmed);
  return std::string(beginning_of(trimmed, max - 3)) + "...";
}

std::string_view first_line(std::string_view text) {
  LineReader lines(text);
  while (const auto line = lines.next())
    if (const std::string_view words = trim(*line); !words.empty()) return words;
  return {};
}

std::optional<Micros> micros_of_seconds(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > k_max_seconds) return std::nullopt;
  return Micros{std::llround(seconds * 1e6)};
}

std::optional<double> read_number(std::string_view text) {
  text = trim(text);
  double number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Micros> read_seconds(std::string_view text) {
  std::string number(trim(text.substr(0, 64)));
  const std::size_t comma = number.find(',');
  // "1,234.5" groups its digits; "0,25" was written where a comma stands before the fraction.
  if (comma != std::string::npos && number.find('.') == std::string::npos && number.rfind(',') == comma)
    number[comma] = '.';
  number.erase(std::remove(number.begin(), number.end(), ','), number.end());
  const auto value = read_number(number);
  return value ? micros_of_seconds(*value) : std::nullopt;
}

std::optional<Wall> time_of_epoch(double seconds) {
  constexpr double k_1971 = 31536000, k_2250 = 8.8e9;
  if (!(seconds >= k_1971 && seconds < k_2250)) return std::nullopt;
  return Wall(std::chrono::duration_cast<Wall::duration>(Micros{std::llround(seconds * 1e6)}));
}

std::optional<Wall> read_time(std::string_view text) {
  using namespace std::chrono;
  text = trim(text);
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') ||
      text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const auto part = [text](std::size_t from, std::size_t size) {
    return read_digits(text.substr(from, size)).value_or(-1);
  };
  const int y = part(0, 4), mo = part(5, 2), d = part(8, 2), h = part(11, 2), mi = part(14, 2),
            s = part(17, 2);
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (y < 1971 || y > 2250 || mo < 0 || d < 0 || !date.ok() || h < 0 || h > 23 || mi < 0 || mi > 59 ||
      s < 0 || s > 60)
    return std::nullopt;
  std::string_view rest = text.substr(19);
  const auto fraction = take_fraction(rest);
  const auto zone = zone_minutes(trim(rest));
  if (!fraction || !zone) return std::nullopt;
  const auto at = sys_days{date} + hours{h} + minutes{mi - *zone} + seconds{s} + *fraction;
  return time_point_cast<Wall::duration>(at);
}

std::optional<int> read_count(std::string_view text) {
  return read_digits(trim(text));
}

std::optional<std::string_view> LineReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::size_t end = rest_.find('\n');
  ended_ = end != std::string_view::npos;
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(ended_ ? end + 1 : rest_.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++number_;
  return line;
}

}  // namespace exai::suite
