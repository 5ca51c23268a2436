// stdout, stderr and stdin as values handed in, with the facts of each.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace exai::cli {

/// One output stream. Colour and width are facts of the stream, computed once.
struct Out {
  std::FILE* file = stdout;
  bool terminal = false;
  bool colour = false;
  bool utf8 = true;
  int width = 100;
  mutable int problem = 0;  ///< errno of the first write that failed
  void write(std::string_view text) const;
  /// Writes what is buffered; false when anything since the start could not be written.
  [[nodiscard]] bool flush() const;
};

struct Streams {
  Out out;
  Out err;
  bool input_terminal = false;
};

/// The standard streams. `colour` is auto, always or never; NO_COLOR beats the force variables, these beat
/// the terminal.
Streams standard_streams(std::string_view colour, const char* (*environment)(const char*));

}  // namespace exai::cli
