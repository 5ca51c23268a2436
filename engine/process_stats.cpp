#include "engine/process_stats.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/resource.h>

#include <unistd.h>

namespace exai::engine {
namespace {

/// Seconds since the epoch at which the machine was booted.
double boot_time() {
  std::ifstream stat("/proc/stat");
  std::string line;
  while (std::getline(stat, line))
    if (line.rfind("btime ", 0) == 0) return std::stod(line.substr(6));
  return 0;
}

double count_open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

}  // namespace

ProcessStats process_stats() {
  ProcessStats stats;
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  // The second field, the name, may hold anything up to its last parenthesis; field 3 follows it.
  const std::size_t name_end = text.rfind(')');
  if (name_end != std::string::npos) {
    std::istringstream fields(text.substr(name_end + 1));
    std::string skipped;
    double user = 0, kernel = 0, start = 0, virtual_bytes = 0, pages = 0;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    fields >> user >> kernel;
    for (int field = 16; field < 22; ++field) fields >> skipped;
    fields >> start >> virtual_bytes >> pages;
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    static const double k_booted = boot_time();
    stats.cpu_seconds = (user + kernel) / ticks;
    stats.start_time = k_booted + start / ticks;
    stats.virtual_bytes = virtual_bytes;
    stats.resident_bytes = pages * static_cast<double>(sysconf(_SC_PAGESIZE));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_files = static_cast<double>(limit.rlim_cur);
  stats.open_files = count_open_files();
  return stats;
}

MemoryStats memory_stats() {
  MemoryStats stats;
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  double value = 0;
  while (file >> name >> value && std::getline(file, unit)) {
    if (name == "MemTotal:") stats.total_bytes = value * 1024;
    if (name == "MemAvailable:") stats.available_bytes = value * 1024;
  }
  return stats;
}

}  // namespace exai::engine
