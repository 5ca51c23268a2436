// How the allocator is set that the binary is linked with (jemalloc's manual, "TUNING"). Where another one is
// linked nobody reads this.
//
// Each thread keeps memory of its own at hand, by default some 125 KB of it. A call that waits for a model
// holds a thread, so a thousand of them held 125 MB: 220 MiB where 115 do. What two threads share the server
// with, the loop and what writes to its store, is as quick with the little that is left here.
extern "C" {
// NOLINTNEXTLINE(readability-identifier-naming): the name that the allocator looks for
extern const char* const malloc_conf;
// NOLINTNEXTLINE(readability-identifier-naming): the same
const char* const malloc_conf =
    "tcache_nslots_small_max:8,tcache_nslots_small_min:4,tcache_max:1024,narenas:1";
}
