// The machine's clocks: here and not in core, because core reads no clock.
#include "core/deadline.hpp"

namespace exai {
namespace {

class MachineClock final : public Clock {
 public:
  [[nodiscard]] Steady steady() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] Wall wall() const override { return std::chrono::system_clock::now(); }
};

}  // namespace

const Clock& system_clock() {
  static const MachineClock k_clock;
  return k_clock;
}

}  // namespace exai
