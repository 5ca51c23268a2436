#include "cli/roff.hpp"

#include "core/text.hpp"
#include "core/version.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::cli {
namespace {

/// Text in which nothing means anything to troff; hyphens stay what was typed.
std::string escaped(std::string_view text) {
  std::string out;
  bool begin = true;
  for (const char c : text) {
    if (begin && (c == '.' || c == '\'')) out += "\\&";
    begin = c == '\n';
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '"')
      out += "\\(dq";
    else
      out += c;
  }
  return out;
}

}  // namespace

Roff::Roff(std::string_view name, int section, std::string_view what) {
  std::string title(name);
  std::transform(title.begin(), title.end(), title.begin(),
                 [](char c) { return char(c >= 'a' && c <= 'z' ? c - 32 : c); });
  out_ = fmt::format(
      ".\\\" Printed by exai man --dir; do not edit.\n.TH \"{}\" {} \"{}\" \"exai {}\" \"exai manual\"\n",
      escaped(title), section, version_date(), version());
  out_ += fmt::format(".SH NAME\n{} \\- {}\n", escaped(name), escaped(what));
}

Roff& Roff::section(std::string_view title) {
  std::string upper(title);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return char(c >= 'a' && c <= 'z' ? c - 32 : c); });
  out_ += fmt::format(".SH {}\n", escaped(upper));
  return *this;
}

Roff& Roff::subsection(std::string_view title) {
  out_ += fmt::format(".SS {}\n", escaped(title));
  return *this;
}

Roff& Roff::text(std::string_view paragraphs) {
  std::size_t at = 0;
  while (at < paragraphs.size()) {
    const auto end = paragraphs.find("\n\n", at);
    const auto part = trim(paragraphs.substr(at, end == std::string_view::npos ? end : end - at));
    if (!part.empty()) out_ += fmt::format(".PP\n{}\n", escaped(part));
    if (end == std::string_view::npos) break;
    at = end + 2;
  }
  return *this;
}

Roff& Roff::item(std::string_view label, std::string_view text) {
  out_ += fmt::format(".TP\n\\fB{}\\fR\n{}\n", escaped(label), text.empty() ? "\\&" : escaped(text));
  return *this;
}

Roff& Roff::line(std::string_view literal) {
  out_ += fmt::format(".PP\n\\fB{}\\fR\n", escaped(literal));
  return *this;
}

Roff& Roff::verbatim(std::string_view lines) {
  out_ += fmt::format(".PP\n.nf\n{}\n.fi\n", escaped(lines));
  return *this;
}

}  // namespace exai::cli
