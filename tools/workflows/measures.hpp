// What the status block of a workflow can count.
#pragma once

#include "tools/workflows/step.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::tools {

bool known_measure(std::string_view name);
std::vector<std::string> measure_names();
/// "argument:NAME" is the value of that argument.
Json measured(const Step& step, std::string_view name);

}  // namespace exai::tools
