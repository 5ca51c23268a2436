#include "core/utc.hpp"

#include "core/text.hpp"

#include <chrono>
#include <ctime>

#include <fmt/core.h>

namespace exai {

std::string format_utc(Wall at) {
  const auto millis = std::chrono::duration_cast<Millis>(at.time_since_epoch()).count();
  long long seconds = millis / 1000;
  long long rest = millis % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, rest);
}

std::optional<Wall> parse_utc(std::string_view text) {
  using namespace std::chrono;
  const bool whole =
      text.size() == 20 && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z';
  if ((!whole && text.size() != 10) || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t count) {
    return read_digits(text.substr(from, count));
  };
  const auto years = part(0, 4), months = part(5, 2), days_in = part(8, 2);
  if (!years || !months || !days_in) return std::nullopt;
  const year_month_day date{year{*years}, month{static_cast<unsigned>(*months)},
                            day{static_cast<unsigned>(*days_in)}};
  if (!date.ok() || *years < 1970 || *years > 2250) return std::nullopt;
  Wall at = time_point_cast<Wall::duration>(sys_days{date});
  if (!whole) return at;
  const auto hour = part(11, 2), minute = part(14, 2), second = part(17, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return at + hours{*hour} + minutes{*minute} + seconds{*second};
}

std::string utc_seconds(Wall at) {
  return format_utc(at).substr(0, 19) + "Z";
}

}  // namespace exai
