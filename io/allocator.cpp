#include "io/allocator.hpp"

#include <cstddef>

// How the allocator is set that the binary is linked with (jemalloc's manual, "TUNING"). Where another one is
// linked nobody reads this.
//
// Each thread keeps some freed memory. The more it may keep, the seldomer it asks the common
// store, which was 8 % of a workflow's step with 8 pieces of a size. A call that waits for a model holds a
// thread, and a thousand of them hold 20 MB more with 20 pieces; so whoever is about to wait gives them back.
extern "C" {
// NOLINTNEXTLINE(readability-identifier-naming): the name that the allocator looks for
extern const char* const malloc_conf;
// NOLINTNEXTLINE(readability-identifier-naming): the same
const char* const malloc_conf =
    "tcache_nslots_small_max:20,tcache_nslots_small_min:4,tcache_max:1024,narenas:1";

// jemalloc's; null where it is not linked.
[[gnu::weak]] int mallctl(const char* name, void* old, std::size_t* old_size, void* fresh,
                          std::size_t fresh_size) noexcept;
}

namespace exai::io {

void give_back_memory() {
  if (mallctl != nullptr) (void)mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
}

}  // namespace exai::io
