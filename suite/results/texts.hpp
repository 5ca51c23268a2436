// Texts, times and numbers as tools write them into files of results.
#pragma once

#include "core/deadline.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace exai::suite {

/// Printable UTF-8 of at most `max` bytes: sequences that colour a terminal are left out, line ends are
/// newlines, space at the ends is dropped; what is longer ends with "...".
std::string kept_text(std::string_view text, std::size_t max);

/// The first line of a text that is not blank, trimmed.
std::string_view first_line(std::string_view text);

/// "0.25", "1,234.5", "0,25", "1.5e-05": seconds, 0 or more and below 10 years; nothing for anything else.
std::optional<Micros> read_seconds(std::string_view text);
/// The same for a number.
std::optional<Micros> micros_of_seconds(double seconds);

/// A time of ISO 8601 with or without fraction and zone ("2026-11-28T11:25:06.434541", "... 11:25:06+02:00");
/// without a zone it counts as UTC. Nothing for anything else, and before 1971: tools write 1970 for "not
/// known".
std::optional<Wall> read_time(std::string_view text);
/// The same from seconds since 1970.
std::optional<Wall> time_of_epoch(double seconds);

/// A number with space around it.
std::optional<double> read_number(std::string_view text);
/// A whole number of 0 or more, of at most nine digits with space around it.
std::optional<int> read_count(std::string_view text);

/// Text that comes in pieces, of which the beginning is kept.
class KeptText {
 public:
  explicit KeptText(std::size_t max) : max_(max) {}
  void add(std::string_view piece) { text_.append(piece.substr(0, max_ - std::min(max_, text_.size()))); }
  void clear() { text_.clear(); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::size_t max_;
  std::string text_;
};

/// The lines of a text, without their ends ("\n" and "\r\n").
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}
  /// The next line, or nothing at the end.
  std::optional<std::string_view> next();
  /// The number of the line that next() gave, from 1.
  [[nodiscard]] int number() const { return number_; }
  /// Whether that line had an end. The last one of a file that was cut has none.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  std::string_view rest_;
  int number_ = 0;
  bool ended_ = true;
};

}  // namespace exai::suite
