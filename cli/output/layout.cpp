#include "cli/output/layout.hpp"

#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::cli {

std::size_t columns(std::string_view text) {
  return std::size_t(std::count_if(text.begin(), text.end(),
                                   [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  const std::size_t has = columns(text);
  if (has < width) out.append(width - has, ' ');
  return out;
}

std::string cut(std::string_view text, std::size_t width, bool utf8) {
  if (columns(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t seen = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) continue;
    if (++seen == width) break;
  }
  return std::string(text.substr(0, at)) + (utf8 ? "…" : "~");
}

std::string one_line(std::string_view text, const Look& look) {
  std::string out = printable(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  if (look.utf8) return out;
  std::string ascii;
  for (const char c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80U) ascii += c;
    if (byte >= 0xC0U) ascii += '?';
  }
  return ascii;
}

std::string_view status_word(Status status) {
  switch (status) {
    case Status::pass:
      return "ok";
    case Status::warn:
      return "warn";
    case Status::fail:
      return "FAIL";
    case Status::unknown:
      return "????";
    case Status::skip:
      return "skip";
  }
  return "????";
}

std::string coloured(std::string_view text, Status status, const Look& look) {
  if (!look.colour) return std::string(text);
  const char* code = "35";
  if (status == Status::pass) code = "32";
  if (status == Status::warn) code = "33";
  if (status == Status::fail) code = "31;1";
  if (status == Status::skip) code = "2";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string shown_time(Micros duration) {
  const auto micros = duration.count();
  if (micros < 10) return micros == 0 ? "0 ms" : "0.01 ms";
  if (micros < 1000) return fmt::format("{:.2f} ms", millis_of(duration));
  if (micros < 1'000'000) return fmt::format("{} ms", micros / 1000);
  return fmt::format("{:.2f} s", millis_of(duration) / 1000.0);
}

double millis_of(Micros duration) {
  return double(duration.count()) / 1000.0;
}

std::string counted(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace exai::cli
