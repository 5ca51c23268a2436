// The entry of libFuzzer: one binary for all targets; EXAI_FUZZ_TARGET names the one to run.
#include "tests/fuzz/target.hpp"

#include <cstdint>
#include <cstdio>
#include <string>

using exai::Registered;
using exai::fuzz::Target;

namespace {

const Target* chosen() {
  const char* const name = std::getenv("EXAI_FUZZ_TARGET");
  for (const Target* target : Registered<Target>::all())
    if (name != nullptr && target->id == name) return target;
  std::fputs("EXAI_FUZZ_TARGET must name one of:\n", stderr);
  for (const Target* target : Registered<Target>::all())
    std::fprintf(stderr, "  %-12s %s\n", std::string(target->id).c_str(), std::string(target->what).c_str());
  std::exit(64);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Target* const k_target = chosen();
  k_target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
