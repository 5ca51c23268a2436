#include "checks/measure/size_text.hpp"

#include <fmt/core.h>

namespace exai::checks {

std::string size_text(std::uint64_t bytes) {
  constexpr double k_step = 1024.0;
  double value = static_cast<double>(bytes);
  for (const char* unit : {"B", "KiB", "MiB", "GiB"}) {
    if (value < k_step) return fmt::format("{:.{}f} {}", value, unit[0] == 'B' ? 0 : 1, unit);
    value /= k_step;
  }
  return fmt::format("{:.1f} TiB", value);
}

}  // namespace exai::checks
