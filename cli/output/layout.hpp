// Columns of text: widths, padding, cutting, colour.
#pragma once

#include "cli/output/writer.hpp"
#include "core/status.hpp"

#include <string>
#include <string_view>

namespace exai::cli {

/// Columns the text takes; each code point counts as one.
std::size_t columns(std::string_view text);
/// The text with blanks up to that many columns.
std::string padded(std::string_view text, std::size_t width);
/// At most that many columns, the last one "…" (or "~" without UTF-8) when something was cut off.
std::string cut(std::string_view text, std::size_t width, bool utf8);
/// Foreign text fit for one line: no control characters, no line breaks, ASCII only where the stream wants
/// it.
std::string one_line(std::string_view text, const Look& look);
/// "ok", "warn", "FAIL", "????", "skip"
std::string_view status_word(Status status);
std::string coloured(std::string_view text, Status status, const Look& look);
/// "0.04 ms", "2 ms", "1.25 s"
std::string shown_time(Micros duration);
/// Milliseconds for machines; what took time is never 0.
double millis_of(Micros duration);
/// "1 warning", "3 warnings"
std::string counted(std::size_t number, std::string_view noun);

}  // namespace exai::cli
