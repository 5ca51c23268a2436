#include "suite/results/tap_line.hpp"

#include "core/text.hpp"
#include "suite/results/texts.hpp"

namespace exai::suite {
namespace {

bool is_tap_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<int> leading_number(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_tap_digit(text[end])) ++end;
  if (end == 0) return std::nullopt;
  const auto number = read_digits(text.substr(0, std::min<std::size_t>(end, 10)));
  text.remove_prefix(end);
  // More than anybody plans, and never reached.
  return number.value_or(999'999'999);
}

/// "\#" and "\\" are the characters they hide.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool hides =
        text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '#' || text[at + 1] == '\\');
    out += text[hides ? ++at : at];
  }
  return out;
}

/// Where "# ..." begins that no backslash hides, after a space or at the front.
std::size_t find_hash(std::string_view text, std::size_t from) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (at >= from && text[at] == '#' && (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t')) {
      return at;
    }
  }
  return std::string_view::npos;
}

/// "SKIP why", "skipped: why", "todo": the reason, if it is that directive.
std::optional<std::string_view> directive_reason(std::string_view text, std::string_view word) {
  if (!equals_ignoring_case(text.substr(0, word.size()), word)) return std::nullopt;
  text.remove_prefix(word.size());
  while (!text.empty() && text.front() != ' ' && text.front() != '\t') text.remove_prefix(1);
  return trim(text);
}

void read_directive(TapLine& line, std::string_view text) {
  for (std::size_t at = find_hash(text, 0); at != std::string_view::npos; at = find_hash(text, at + 1)) {
    const std::string_view after = trim(text.substr(at + 1));
    const auto skip = directive_reason(after, "skip"), todo = directive_reason(after, "todo");
    std::string_view time = after;
    const bool timed = time.starts_with("time=") && time.ends_with("ms");
    if (!skip && !todo && !timed) continue;
    if (skip || todo) {
      line.directive = skip ? TapDirective::skip : TapDirective::todo;
      line.reason = unescaped(skip ? *skip : *todo);
    } else if (const auto millis = read_number(time.substr(5, time.size() - 7))) {
      line.duration = micros_of_seconds(*millis / 1000);
    }
    text = text.substr(0, at);
    break;
  }
  text = trim(text);
  if (text.starts_with("- ")) text.remove_prefix(2);
  line.text = unescaped(trim(text == "-" ? "" : text));
}

bool read_test(TapLine& line, std::string_view text) {
  line.ok = text.starts_with("ok");
  if (!line.ok && !text.starts_with("not ok")) return false;
  text.remove_prefix(line.ok ? 2 : 6);
  if (!text.empty() && text.front() != ' ' && text.front() != '\t') return false;
  line.kind = TapKind::test;
  text = trim(text);
  line.opens = text == "{" || text.ends_with(" {");
  if (line.opens) text.remove_suffix(1);
  std::string_view rest = text;
  line.number = leading_number(rest);
  // "ok 2nd try" has no number.
  if (line.number && !rest.empty() && rest.front() != ' ' && rest.front() != '\t')
    line.number.reset();
  else
    text = rest;
  read_directive(line, text);
  return true;
}

bool read_plan(TapLine& line, std::string_view text) {
  if (!text.starts_with("1..")) return false;
  text.remove_prefix(3);
  line.number = leading_number(text);
  text = trim(text);
  if (!line.number || (!text.empty() && text.front() != '#')) return false;
  line.kind = TapKind::plan;
  if (!text.empty()) line.text = unescaped(trim(text.substr(1)));
  if (const auto why = directive_reason(line.text, "skip")) line.text = std::string(*why);
  return true;
}

}  // namespace

TapLine read_tap_line(std::string_view text) {
  TapLine line;
  line.indent = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(line.indent);
  if (read_test(line, text) || read_plan(line, text)) return line;
  if (text.starts_with("TAP version ") || text.starts_with("TAP Version ")) {
    line.kind = TapKind::version;
    line.number = read_count(text.substr(12));
  } else if (text.starts_with("Bail out!")) {
    line.kind = TapKind::bail_out;
    line.text = trim(text.substr(9));
  } else if (text.starts_with("# Subtest")) {
    line.kind = TapKind::subtest;
    line.text = unescaped(trim(text.substr(std::min<std::size_t>(10, text.size()))));
  } else if (text == "}") {
    line.kind = TapKind::block_end;
  } else if (text == "---" || text.starts_with("--- ")) {
    line.kind = TapKind::yaml;
  }
  return line;
}

}  // namespace exai::suite
