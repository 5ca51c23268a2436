#include "io/guard.hpp"

#include <fmt/core.h>

namespace exai::io {
namespace {
// Written once, before any thread starts.
bool g_dry_run = false;
std::string& offline_reason() {
  static std::string reason;
  return reason;
}
}  // namespace

void set_dry_run(bool on) {
  g_dry_run = on;
}
bool dry_run() {
  return g_dry_run;
}

void set_offline(std::string why) {
  offline_reason() = std::move(why);
}

Result<void> permit_connection(std::string_view address) {
  if (!offline_reason().empty())
    return fail(ErrorKind::refused, fmt::format("{}: {} is not asked", offline_reason(), address));
  return permit(fmt::format("connect to {}", address));
}

Result<void> permit(std::string_view what) {
  if (!g_dry_run) return {};
  return fail(ErrorKind::refused, fmt::format("dry run: would {}", what), "run it without --dry-run");
}

}  // namespace exai::io
