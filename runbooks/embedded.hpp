// The runbooks that come with the binary (runbooks/*.yaml).
#pragma once

#include <string_view>
#include <vector>

namespace exai::runbooks {

struct Embedded {
  std::string_view name;
  std::string_view text;
};
const std::vector<Embedded>& embedded_runbooks();

}  // namespace exai::runbooks
