#include "checks/repairs.hpp"

#include "core/file_names.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/process.hpp"

#include <charconv>
#include <map>
#include <optional>

#include <fmt/core.h>

namespace exai::checks {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_max_of_pid_file = std::uint64_t{64} << 10U;

/// Those that the check names, so that both see the same.
void add_modes(const CheckContext& context, std::vector<Repair>& plan) {
  constexpr unsigned k_owner_only = 0600;
  const Check* const check = find_check("env.permissions");
  if (check == nullptr) return;
  for (const Finding& finding : run_check(*check, context).findings) {
    if (!finding.where || finding.severity == Status::skip) continue;
    const fs::path path = finding.where->file;
    const auto facts = io::file_facts(path);
    if (!facts) continue;
    plan.push_back({"fix.mode", fmt::format("chmod 600 {} (was {:04o})", path.string(), facts->mode),
                    [path] { return io::change_mode(path, k_owner_only); }});
  }
}

void add_folders(const CheckContext& context, std::vector<Repair>& plan) {
  for (const char* key : {"log.dir", "server.state_dir"}) {
    const fs::path folder = context.path(key);
    std::error_code ignored;
    if (fs::exists(folder, ignored)) continue;
    plan.push_back({"fix.folder", fmt::format("mkdir -p {}", folder.string()),
                    [folder] { return io::make_directories(folder); }});
  }
}

std::optional<long> pid_in(const std::string& text) {
  const std::string named = json_at(text, "pid").value_or("");
  const std::string_view number = named.empty() ? trim(text) : std::string_view(named);
  long pid = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), pid);
  if (number.empty() || problem != std::errc{} || end != number.data() + number.size() || pid <= 0)
    return std::nullopt;
  return pid;
}

/// True when the file names a process that is gone, or whose pid another one has now.
bool is_stale(const fs::path& path) {
  const auto text = io::read_file(path, k_max_of_pid_file);
  const auto pid = text ? pid_in(*text) : std::nullopt;
  if (!pid) return false;
  if (!io::process_facts(*pid)) return true;
  const std::string identity = json_at(*text, "process").value_or("");
  return !identity.empty() && identity != io::process_identity(*pid);
}

/// The lock is emptied by taking it, which also proves that nobody holds it.
Result<void> release_lock(const fs::path& path) {
  const auto lock = io::LockFile::acquire(path);
  return lock ? Result<void>{} : fail(lock.error());
}

void add_stale_files(const CheckContext& context, std::vector<Repair>& plan) {
  const fs::path lock = context.path("server.state_dir") / k_lock_file;
  if (is_stale(lock))
    plan.push_back({"fix.lock", fmt::format("empty {}, whose server has ended", lock.string()),
                    [lock] { return release_lock(lock); }});
  for (const char* key : {"log.dir", "server.state_dir"})
    for (const io::FileFacts& file :
         io::list_files(context.path(key)).value_or(std::vector<io::FileFacts>{})) {
      const fs::path path = file.path;
      const bool names_pid = path.extension() == ".pid" || path.filename() == k_exai_ws_health_file;
      if (names_pid && is_stale(path))
        plan.push_back({"fix.pid", fmt::format("rm {}, whose process has ended", path.string()),
                        [path] { return io::remove_file(path); }});
    }
}

}  // namespace

std::vector<Repair> plan_repairs(const CheckContext& context) {
  std::vector<Repair> plan;
  add_modes(context, plan);
  add_folders(context, plan);
  add_stale_files(context, plan);
  std::map<std::string, int> seen;  // an id stands once in a report
  for (Repair& repair : plan)
    if (const int number = ++seen[repair.id]; number > 1) repair.id += fmt::format(".{}", number);
  return plan;
}

CheckResult repaired(const Repair& repair, bool dry_run, const Clock& clock) {
  CheckResult result = timed(clock, [&] {
    if (dry_run) return check_skip("would " + repair.what);
    const Result<void> done = repair.apply();
    return done ? check_pass(repair.what)
                : check_fail(fmt::format("{}: {}", repair.what, done.error().message), done.error().hint);
  });
  result.id = repair.id;
  result.title = "repaired by doctor --fix";
  result.group = "fix";
  return result;
}

}  // namespace exai::checks
