// What /proc reports about our own process.
#pragma once

#include <cstdint>

namespace exai::engine {

struct ProcessStats {
  double resident_bytes = 0, virtual_bytes = 0, cpu_seconds = 0, start_time = 0;
  double open_files = 0, max_files = 0;
};
ProcessStats process_stats();

struct MemoryStats {
  double total_bytes = 0, available_bytes = 0;
};
MemoryStats memory_stats();

}  // namespace exai::engine
