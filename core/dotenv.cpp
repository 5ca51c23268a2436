#include "core/dotenv.hpp"

#include "core/text.hpp"

#include <cctype>

#include <fmt/core.h>

namespace exai {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool good_name(std::string_view name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), fits);
}

/// A "#" that begins a comment: behind a blank, as for a shell.
std::size_t comment_at(std::string_view value) {
  for (std::size_t at = 1; at < value.size(); ++at)
    if (value[at] == '#' && is_blank(value[at - 1])) return at - 1;
  return std::string_view::npos;
}

/// "${NAME}", "$(command)" and "$NAME": what shells replace and docker does not.
bool holds_reference(std::string_view value) {
  const std::size_t dollar = value.find('$');
  if (dollar == std::string_view::npos || dollar + 1 == value.size()) return false;
  const auto next = static_cast<unsigned char>(value[dollar + 1]);
  return next == '{' || next == '(' || next == '_' || std::isalpha(next) != 0;
}

/// The whole value is one reference, so that what stands there is surely not meant.
bool is_reference(std::string_view value) {
  return (value.starts_with("${") && value.ends_with('}')) ||
         (value.starts_with("$(") && value.ends_with(')'));
}

struct Reader {
  const std::string& file;
  std::vector<Finding>& findings;
  ConfigLayer layer;
  std::string_view rest;  ///< what was not read yet
  int line = 0;           ///< of the line read last
  bool crlf_reported = false;

  void find(Status severity, std::string_view rule, std::string message, int at, std::string hint,
            std::string_view name = {}) {
    const Setting* setting = find_setting_by_env(name);
    // What stands wrong with another program's variable is that program's affair.
    if (severity == Status::fail && setting == nullptr && !name.empty()) severity = Status::warn;
    findings.push_back({severity, fmt::format("env.{}", rule), std::move(message), Location{file, at, 0},
                        std::move(hint), std::string(setting == nullptr ? "" : setting->key)});
  }

  /// The next line without its end.
  std::string_view next_line() {
    const auto end = rest.find('\n');
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    ++line;
    if (!text.ends_with('\r')) return text;
    text.remove_suffix(1);
    if (!crlf_reported)
      find(Status::warn, "crlf", "lines end in CRLF: some readers keep the CR in the value", line,
           "convert it: sed -i 's/\\r$//' FILE");
    crlf_reported = true;
    return text;
  }

  // What stands behind a closing quote: nothing, or a comment.
  void check_rest(std::string_view after, std::string_view name, int at) {
    const std::string_view text = trim(after);
    if (!text.empty() && (text.front() != '#' || !is_blank(after.front())))
      find(Status::fail, "quote", fmt::format("{}: text after the closing quote", name), at,
           "put the whole value inside one pair of quotes", name);
  }

  /// One character behind a backslash in double quotes. What is not an escape keeps its backslash, as in a
  /// shell: "C:\dir" is a path.
  static void add_escaped(std::string& text, char next) {
    switch (next) {
      case 'n':
        text += '\n';
        return;
      case 'r':
        text += '\r';
        return;
      case 't':
        text += '\t';
        return;
      case '"':
      case '\\':
      case '$':
      case '`':
        text += next;
        return;
      default:
        text += '\\';
        text += next;
    }
  }

  /// The end of the quoted text in `value`, which `text` takes; npos when the line ends before the quote
  /// does.
  static std::size_t take_quoted(std::string_view value, char quote, std::string& text) {
    for (std::size_t at = 0; at < value.size(); ++at) {
      if (value[at] == quote) return at;
      if (quote == '"' && value[at] == '\\' && at + 1 < value.size())
        add_escaped(text, value[++at]);
      else
        text += value[at];
    }
    return std::string_view::npos;
  }

  /// A value in quotes may go over several lines. Without its end, the line stands alone: what follows it is
  /// read as if the quote were closed there.
  std::string quoted(std::string_view value, std::string_view name) {
    const char quote = value.front();
    const int first = line;
    const std::string_view after_first = rest;
    std::string text;
    value.remove_prefix(1);
    std::size_t end = take_quoted(value, quote, text);
    const std::string alone = text;
    while (end == std::string_view::npos && !rest.empty()) {
      text += '\n';
      value = next_line();
      end = take_quoted(value, quote, text);
    }
    if (end == std::string_view::npos) {
      rest = after_first;
      line = first;
      find(Status::fail, "quote", fmt::format("{}: the quote is not closed", name), first,
           fmt::format("end the value with {}", quote), name);
      return alone;
    }
    check_rest(value.substr(end + 1), name, line);
    if (line != first)
      find(Status::warn, "lines", fmt::format("{}: docker reads the first line of the value only", name),
           first, "keep it in a file of its own where docker reads this one", name);
    if (quote == '"') check_references(text, name, first);
    return text;
  }

  // Nothing is replaced here: shells would, docker would not, and a secret may hold a "$".
  void check_references(std::string_view value, std::string_view name, int at) {
    if (is_reference(value))
      find(Status::fail, "reference",
           fmt::format("{}: a reference to something else is not replaced here", name), at,
           "write the value itself", name);
    else if (holds_reference(value))
      find(Status::warn, "reference",
           fmt::format("{}: shells replace what follows \"$\", exai does not", name), at,
           "put the value in single quotes", name);
  }

  // Docker takes " # note" as part of the value, shells and dotenv cut it: the one reading all share is
  // quotes.
  std::string plain(std::string_view raw, std::string_view name) {
    const std::string_view value = trim(raw);
    // NAME= # note: nothing but a comment. NAME=#1 is a value for every reader.
    const bool only_comment = value.starts_with('#') && !raw.empty() && is_blank(raw.front());
    const auto comment = only_comment ? 0 : comment_at(value);
    if (comment == std::string_view::npos) {
      check_references(value, name, line);
      return std::string(value);
    }
    find(Status::warn, "inline-comment",
         fmt::format(
             "{}: readers disagree whether \"#...\" belongs to the value; exai takes it for a comment", name),
         line, "quote the value, or put the comment on its own line", name);
    return std::string(trim(value.substr(0, comment)));
  }

  void add(std::string_view name, std::string value, int at) {
    for (RawSetting& entry : layer.entries) {
      if (entry.name != name) continue;
      find(entry.value == value ? Status::warn : Status::fail, "duplicate",
           fmt::format("{} stands twice: here and at line {}", name, entry.line), at,
           "keep one; the last counts", name);
      entry.value = std::move(value);
      entry.line = at;
      return;
    }
    layer.entries.push_back({std::string(name), std::move(value), at});
  }

  static std::string_view without_export(std::string_view text) {
    constexpr std::string_view k_word = "export";
    const bool exported =
        text.starts_with(k_word) && text.size() > k_word.size() && is_blank(text[k_word.size()]);
    return exported ? trim(text.substr(k_word.size())) : text;
  }

  void take(std::string_view whole) {
    const std::string_view text = trim(whole);
    if (text.empty() || text.front() == '#') return;
    const std::string_view body = without_export(text);
    const auto equals = body.find('=');
    if (equals == std::string_view::npos)
      return find(Status::fail, "syntax", "a line without \"=\"", line,
                  "write NAME=value, or start the line with #");
    const std::string_view raw_name = body.substr(0, equals);
    const std::string_view name = trim(raw_name);
    if (!good_name(name))
      return find(Status::fail, "name", fmt::format("\"{}\" is not a name", printable(name)), line,
                  "letters, digits and _ only, not starting with a digit");
    const std::string_view value = body.substr(equals + 1);
    const bool apart = raw_name != name || (!value.empty() && is_blank(value.front()));
    if (apart)
      find(Status::warn, "space",
           fmt::format("{}: blanks around \"=\" are part of the name or value for docker", name), line,
           "write NAME=value without blanks", name);
    const std::string_view clean = trim(value);
    const bool in_quotes = !clean.empty() && (clean.front() == '"' || clean.front() == '\'');
    const int at = line;
    add(name, in_quotes ? quoted(clean, name) : plain(value, name), at);
  }
};

}  // namespace

ConfigLayer parse_dotenv(std::string_view text, const std::string& file, std::vector<Finding>& findings) {
  Reader reader{file, findings, {OriginKind::env_file, file, {}}, text};
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    reader.find(Status::fail, "encoding", "the file is UTF-16", 1,
                "save it as UTF-8 without a byte order mark");
    return reader.layer;
  }
  if (text.find('\0') != std::string_view::npos) {
    reader.find(Status::fail, "encoding", "the file holds zero bytes, so it is not text", 1,
                "save it as UTF-8");
    return reader.layer;
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    reader.find(Status::warn, "bom", "a byte order mark stands before the first name", 1,
                "save it as UTF-8 without a byte order mark");
    reader.rest.remove_prefix(3);
  }
  while (!reader.rest.empty()) reader.take(reader.next_line());
  return reader.layer;
}

}  // namespace exai
