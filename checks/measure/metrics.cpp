#include "checks/measure/metrics.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace exai::checks {

std::vector<Sample> samples(std::string_view metrics, std::string_view family) {
  std::vector<Sample> found;
  for (std::size_t at = 0; at < metrics.size();) {
    const std::size_t end = std::min(metrics.find('\n', at), metrics.size());
    const std::string_view line = metrics.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(family) || line.size() <= family.size()) continue;
    const char next = line[family.size()];
    if (next != '{' && next != ' ') continue;
    const std::size_t space = line.rfind(' ');
    Sample sample;
    sample.labels = line.substr(family.size(), space - family.size());
    std::from_chars(line.data() + space + 1, line.data() + line.size(), sample.value);
    found.push_back(std::move(sample));
  }
  return found;
}

bool has_family(std::string_view metrics, std::string_view family) {
  return metrics.find(fmt::format("# TYPE {} ", family)) != std::string_view::npos;
}

}  // namespace exai::checks
