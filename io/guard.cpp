#include "io/guard.hpp"

#include <fmt/core.h>

namespace exai::io {
namespace {
// Written once, before any thread starts.
bool g_dry_run = false;
}  // namespace

void set_dry_run(bool on) {
  g_dry_run = on;
}
bool dry_run() {
  return g_dry_run;
}

Result<void> permit(std::string_view what) {
  if (!g_dry_run) return {};
  return fail(ErrorKind::refused, fmt::format("dry run: would {}", what), "run it without --dry-run");
}

}  // namespace exai::io
