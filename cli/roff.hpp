// The few roff requests that our man pages use.
#pragma once

#include <string>
#include <string_view>

namespace exai::cli {

class Roff {
 public:
  /// Starts the page: name as "exai-check", section 1, 5 or 7, and the one line for NAME.
  Roff(std::string_view name, int section, std::string_view what);
  Roff& section(std::string_view title);
  Roff& subsection(std::string_view title);
  /// Paragraphs, parted by empty lines.
  Roff& text(std::string_view paragraphs);
  /// A bold label and the text that belongs to it.
  Roff& item(std::string_view label, std::string_view text);
  /// Lines as they are, in bold: a synopsis or an example.
  Roff& line(std::string_view literal);
  Roff& verbatim(std::string_view lines);
  [[nodiscard]] std::string page() && { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace exai::cli
