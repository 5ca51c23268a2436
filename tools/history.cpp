#include "tools/history.hpp"

#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {
constexpr long long k_large = 300'000;
constexpr long long k_overhead = 4;         // a message's own frame, in tokens
constexpr std::size_t k_beginning = 240;    // bytes of a message that a note keeps
constexpr long long k_bytes_per_token = 3;  // fewer than the estimate's four: what is cut must fit

long long cost(std::string_view text) {
  return static_cast<long long>(estimate_tokens(text)) + k_overhead;
}

std::string cut_in_the_middle(const std::string& text, long long tokens) {
  const auto room = static_cast<std::size_t>(std::max(0LL, tokens) * k_bytes_per_token / 2);
  return fmt::format("{}\n[... left out for room ...]\n{}", beginning_of(text, room), ending_of(text, room));
}

std::string one_line_of(const store::Message& message) {
  std::string text(beginning_of(trim(message.content), k_beginning));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return fmt::format("{}: {}{}\n", message.role, text,
                     text.size() < trim(message.content).size() ? " ..." : "");
}

/// What is known of the messages before `first`.
void add_note(const std::vector<store::Message>& earlier, std::size_t first, long long tokens,
              History& history) {
  std::string lines;
  std::size_t next = first;
  while (next > 0) {
    std::string line = one_line_of(earlier[next - 1]);
    tokens -= cost(line);
    if (tokens < 0) break;
    lines.insert(0, line);
    --next;
  }
  history.condensed = first - next;
  history.dropped = next;
  std::string note = fmt::format("[{} earlier messages of this conversation were left out for room", first);
  note += lines.empty() ? ".]" : fmt::format("; the last of them began:]\n{}", lines);
  history.messages.insert(history.messages.begin(), {"system", std::move(note), {}});
}
}  // namespace

long long content_budget(const models::Model& model) {
  return model.context * (model.context < k_large ? 60 : 80) / 100;
}

long long history_budget(const models::Model& model, long long prompt_tokens) {
  const long long content = content_budget(model);
  const long long share = content * (model.context < k_large ? 50 : 40) / 100;
  return std::max(0LL, std::min(share, content - prompt_tokens));
}

History history_within(const std::vector<store::Message>& earlier, long long tokens) {
  History found;
  if (earlier.empty()) return found;
  const long long for_note = tokens / 8;
  long long all = 0;
  for (const store::Message& message : earlier) all += cost(message.content);
  long long room = all <= tokens ? tokens : tokens - for_note;
  std::size_t first = earlier.size();
  while (first > 0 && cost(earlier[first - 1].content) <= room) room -= cost(earlier[--first].content);
  while (first < earlier.size() && earlier[first].role != "user") ++first;
  for (std::size_t i = first; i < earlier.size(); ++i)
    found.messages.push_back({earlier[i].role, earlier[i].content, {}});
  if (first == earlier.size() && earlier.size() >= 2 && room > 2 * k_overhead) {
    first -= 2;  // the last exchange alone is too large: its edges are better than nothing
    for (std::size_t i = first; i < earlier.size(); ++i)
      found.messages.push_back(
          {earlier[i].role, cut_in_the_middle(earlier[i].content, room / 2 - k_overhead), {}});
  }
  found.kept = earlier.size() - first;
  if (first > 0) add_note(earlier, first, for_note, found);
  return found;
}

}  // namespace exai::tools
