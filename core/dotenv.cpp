#include "core/dotenv.hpp"

#include "core/text.hpp"

#include <cctype>

#include <fmt/core.h>

namespace exai {
namespace dotenv_reader {

struct Reader {
  const std::string& file;
  std::vector<Finding>& findings;
  ConfigLayer layer;
  bool crlf_reported = false;

  void find(Status severity, std::string_view rule, std::string message, int line, std::string hint) {
    findings.push_back({severity, fmt::format("env.{}", rule), std::move(message), Location{file, line, 0},
                        std::move(hint)});
  }

  static bool good_name(std::string_view name) {
    const auto letter = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
           std::all_of(name.begin(), name.end(), letter);
  }

  // What stands behind a closing quote: nothing, or a comment.
  void check_rest(std::string_view rest, int line) {
    if (!trim(rest).empty() && trim(rest).front() != '#')
      find(Status::fail, "quote", "text after the closing quote", line,
           "put the whole value inside one pair of quotes");
  }

  std::string quoted(std::string_view value, std::string_view name, int line) {
    const char quote = value.front();
    std::string text;
    for (std::size_t i = 1; i < value.size(); ++i) {
      if (value[i] == quote) {
        check_rest(value.substr(i + 1), line);
        return text;
      }
      if (quote == '"' && value[i] == '\\' && i + 1 < value.size()) {
        const char next = value[++i];
        text += next == 'n' ? '\n' : next == 't' ? '\t' : next;
      } else {
        text += value[i];
      }
    }
    find(Status::fail, "quote", fmt::format("{}: the quote is not closed", name), line,
         fmt::format("end the value with {}", quote));
    return text;
  }

  // Docker takes " # note" as part of the value, dotenv and shells cut it: the one reading all share is
  // quotes.
  std::string plain(std::string_view value, std::string_view name, int line) {
    const auto comment = value.find(" #");
    if (comment == std::string_view::npos) return std::string(value);
    find(Status::warn, "inline-comment",
         fmt::format("{}: readers disagree whether \"#...\" belongs to the value", name), line,
         "quote the value, or put the comment on its own line");
    return std::string(trim(value.substr(0, comment)));
  }

  void add(std::string_view name, std::string value, int line) {
    for (RawSetting& entry : layer.entries) {
      if (entry.name != name) continue;
      find(entry.value == value ? Status::warn : Status::fail, "duplicate",
           fmt::format("{} stands twice: here and at line {}", name, entry.line), line,
           "keep one; the last counts");
      entry.value = std::move(value);
      entry.line = line;
      return;
    }
    layer.entries.push_back({std::string(name), std::move(value), line});
  }

  void take(std::string_view text, int line) {
    if (text.ends_with('\r')) {
      text.remove_suffix(1);
      if (!crlf_reported)
        find(Status::warn, "crlf", "lines end in CRLF: some readers keep the CR in the value", line,
             "convert it: sed -i 's/\\r$//' FILE");
      crlf_reported = true;
    }
    std::string_view rest = trim(text);
    if (rest.empty() || rest.front() == '#') return;
    if (rest.starts_with("export ")) rest = trim(rest.substr(7));
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos)
      return find(Status::fail, "syntax", "a line without \"=\"", line,
                  "write NAME=value, or start the line with #");
    const std::string_view raw_name = rest.substr(0, equals);
    const std::string_view name = trim(raw_name);
    if (!good_name(name))
      return find(Status::fail, "name", fmt::format("\"{}\" is no name", printable(name)), line,
                  "letters, digits and _ only, not starting with a digit");
    std::string_view value = rest.substr(equals + 1);
    if (raw_name != name || value.starts_with(' '))
      find(Status::warn, "space",
           fmt::format("{}: blanks around \"=\" are part of the name or value for docker", name), line,
           "write NAME=value without blanks");
    value = trim(value);
    const bool in_quotes = !value.empty() && (value.front() == '"' || value.front() == '\'');
    add(name, in_quotes ? quoted(value, name, line) : plain(value, name, line), line);
  }
};

}  // namespace dotenv_reader

ConfigLayer parse_dotenv(std::string_view text, const std::string& file, std::vector<Finding>& findings) {
  dotenv_reader::Reader reader{file, findings, {OriginKind::env_file, file, {}}, false};
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    reader.find(Status::fail, "encoding", "the file is UTF-16", 1,
                "save it as UTF-8 without a byte order mark");
    return reader.layer;
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    reader.find(Status::warn, "bom", "a byte order mark stands before the first name", 1,
                "save it as UTF-8 without a byte order mark");
    text.remove_prefix(3);
  }
  int line = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    reader.take(text.substr(0, end), ++line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return reader.layer;
}

}  // namespace exai
