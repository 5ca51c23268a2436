#include "cli/streams.hpp"

#include "core/text.hpp"
#include "io/terminal.hpp"

#include <cerrno>

#include <unistd.h>

namespace exai::cli {
namespace {

bool set(const char* value) {
  return value != nullptr && *value != 0;
}

bool wants_colour(bool terminal, std::string_view choice, const char* (*environment)(const char*)) {
  if (choice == "always") return true;
  if (choice == "never" || set(environment("NO_COLOR"))) return false;
  for (const char* force : {"CLICOLOR_FORCE", "FORCE_COLOR"})
    if (const char* value = environment(force); set(value) && std::string_view(value) != "0") return true;
  const char* term = environment("TERM");
  return terminal && set(term) && std::string_view(term) != "dumb";
}

bool wants_utf8(const char* (*environment)(const char*)) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = environment(name);
    if (!set(value)) continue;
    const std::string lower = to_lower(value);
    return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

void Out::write(std::string_view text) const {
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() && problem == 0) problem = errno;
}

bool Out::flush() const {
  if (std::fflush(file) != 0 && problem == 0) problem = errno;
  if (std::ferror(file) != 0 && problem == 0) problem = EIO;
  return problem == 0;
}

Streams standard_streams(std::string_view colour, const char* (*environment)(const char*)) {
  Streams all;
  const bool utf8 = wants_utf8(environment);
  for (Out* out : {&all.out, &all.err}) {
    const int descriptor = out == &all.out ? STDOUT_FILENO : STDERR_FILENO;
    out->file = out == &all.out ? stdout : stderr;
    out->terminal = io::is_terminal(descriptor);
    out->width = io::terminal_width(descriptor);
    out->colour = wants_colour(out->terminal, colour, environment);
    out->utf8 = utf8;
  }
  all.input_terminal = io::is_terminal(STDIN_FILENO);
  return all;
}

}  // namespace exai::cli
