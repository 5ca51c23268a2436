#include "cli/texts.hpp"

#include "cli/command.hpp"
#include "core/text.hpp"

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& command_texts();
const std::vector<std::pair<std::string_view, std::string_view>>& manual();
}  // namespace exai::embedded

namespace exai::cli {
namespace {

/// The lines below "## HEADING", up to the next heading.
std::string_view section_below(std::string_view document, std::string_view heading) {
  const std::string line = "\n## " + std::string(heading) + "\n";
  const std::size_t found = document.find(line);
  if (found == std::string_view::npos) return {};
  const std::string_view rest = document.substr(found + line.size());
  return rest.substr(0, rest.find("\n## "));
}

/// "- `LINE`: WHAT"
Example read_example(std::string_view item) {
  constexpr std::string_view k_begin = "- `", k_between = "`: ";
  item.remove_prefix(k_begin.size());
  const std::size_t end = item.find(k_between);
  if (end == std::string_view::npos) return {item, {}};
  return {item.substr(0, end), item.substr(end + k_between.size())};
}

}  // namespace

CommandText read_command_text(std::string_view document, std::string_view path) {
  constexpr std::string_view k_example = "\n- `";
  const std::string_view section = section_below(document, path);
  CommandText result;
  std::size_t at = section.find(k_example);
  result.text = trim(section.substr(0, at));
  while (at != std::string_view::npos) {
    const std::size_t end = section.find('\n', at + 1);
    result.examples.push_back(read_example(section.substr(at + 1, end - at - 1)));
    at = section.find(k_example, at + 1);
  }
  return result;
}

CommandText command_text(std::string_view path) {
  for (const auto& [name, document] : embedded::command_texts())
    if (name == noun(path)) return read_command_text(document, path);
  return {};
}

std::string_view manual_text(std::string_view heading) {
  return trim(section_below(embedded::manual().front().second, heading));
}

}  // namespace exai::cli
