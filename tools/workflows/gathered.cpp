#include "tools/workflows/gathered.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

void add(std::vector<std::string>& list, std::set<std::string_view>& seen, const Json& entry,
         const char* member) {
  const auto found = entry.find(member);
  if (found == entry.end() || !found->is_array()) return;
  for (const Json& item : *found)
    if (item.is_string() && seen.insert(item.get_ref<const std::string&>()).second)
      list.push_back(item.get_ref<const std::string&>());
}

}  // namespace

std::size_t Gathered::findings_size() const {
  std::size_t size = 0;
  for (const std::string& finding : findings) size += finding.size();
  return size;
}

Gathered gather(const Json& state, bool whole) {
  Gathered gathered;
  gathered.initial_request = state.value("initial_request", "");
  const auto history = state.find("history");
  if (history == state.end() || !history->is_array()) return gathered;
  gathered.steps = history->size();
  std::set<std::string_view> checked, relevant, context, images;  // views of the state's own strings
  for (const Json& entry : *history) {
    const long long number = entry.value("step_number", 0LL);
    add(gathered.files_checked, checked, entry, "files_checked");
    add(gathered.relevant_files, relevant, entry, "relevant_files");
    add(gathered.relevant_context, context, entry, "relevant_context");
    add(gathered.images, images, entry, "images");
    if (const std::string found = entry.value("findings", ""); !found.empty())
      gathered.findings.push_back(fmt::format("Step {}: {}", number, found));
    if (const auto issues = entry.find("issues_found"); issues != entry.end())
      for (const Json& issue : *issues) gathered.issues.push_back(issue);
    if (entry.contains("confidence")) gathered.confidence = entry.value("confidence", "low");
    if (const std::string theory = entry.value("hypothesis", ""); !theory.empty())
      gathered.hypotheses.push_back(
          {{"step", number}, {"hypothesis", theory}, {"confidence", gathered.confidence}});
  }
  if (whole) gathered.history = *history;
  return gathered;
}

Json counted_by(const Json& list, const char* member) {
  Json counts = Json::object();
  for (const Json& item : list) {
    std::string word = "unknown";
    if (const auto found = item.find(member); found != item.end() && found->is_string())
      word = found->get<std::string>();
    counts[word] = counts.value(word, 0) + 1;
  }
  return counts;
}

}  // namespace exai::tools
