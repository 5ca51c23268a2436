#include "tools/log_lines.hpp"

#include "core/text.hpp"

namespace exai::tools {
namespace {

/// The greedy two-pointer match: after a mismatch only the last * is tried again.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

Result<LineFilter> LineFilter::from(std::string_view text) {
  if (text.find_first_of("\\[](){}^$+") != std::string_view::npos ||
      text.find(".*") != std::string_view::npos)
    return fail(
        ErrorKind::invalid, "filter: this is a regular expression, which is not understood here",
        "give words; * is any text, ? one character, and | stands between alternatives: ERROR|time*out");
  LineFilter filter;
  for (const std::string& one : split(to_lower(text), '|')) filter.alternatives_.push_back("*" + one + "*");
  return filter;
}

bool LineFilter::matches(std::string_view line) const {
  if (alternatives_.empty()) return true;
  constexpr std::size_t k_max_length = 16'384;
  const std::string lower = to_lower(line.substr(0, k_max_length));
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [&](const std::string& pattern) { return fits(pattern, lower); });
}

std::vector<std::string> visible_activity(const engine::CallContext& context, std::size_t window) {
  std::vector<std::string> lines = context.server().log_tail(engine::ServerView::LogFile::activity, window);
  if (context.may(Scope::admin)) return lines;
  std::vector<std::string> own;
  for (std::string& line : lines) {
    const Result<Json> record = parse_json(line);
    if (!record || !record->is_object()) continue;
    const auto whose = record->find("principal");
    if (whose != record->end() && *whose == context.principal()) own.push_back(std::move(line));
  }
  return own;
}

}  // namespace exai::tools
