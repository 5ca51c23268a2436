// Reading the text format of Prometheus.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace exai::checks {

/// One line of a family: its labels with their braces, and the value.
struct Sample {
  std::string labels;
  double value = 0;
};
std::vector<Sample> samples(std::string_view metrics, std::string_view family);

/// True when the family is declared, with samples or without.
bool has_family(std::string_view metrics, std::string_view family);

}  // namespace exai::checks
