#include "commands/instance.hpp"

#include "commands/json_text.hpp"
#include "io/files.hpp"
#include "io/process.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace instance {
namespace {

/// True for .../exai, also when the file was replaced by a newer one meanwhile.
bool is_exai(std::string executable) {
  constexpr std::string_view k_deleted = " (deleted)";
  if (executable.ends_with(k_deleted)) executable.resize(executable.size() - k_deleted.size());
  return std::filesystem::path(executable).filename() == "exai";
}

}  // namespace
}  // namespace instance

Result<std::optional<Instance>> find_instance(const Context& context) {
  const auto path = path_setting(context, "server.state_dir") / "exai.lock";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::optional<Instance>{};
  const auto text = io::read_file(path, std::uint64_t{64} << 10U);
  if (!text) return fail(text.error());
  const auto pid = integer_of_json(*text, "pid");
  if (!pid) return std::optional<Instance>{};  // a released lock is left empty
  Instance found;
  found.pid = *pid;
  const auto facts = found.pid > 0 ? io::process_facts(found.pid) : std::nullopt;
  if (!facts) return std::optional<Instance>{};
  found.alive = true;
  found.executable = facts->executable;
  found.ours = instance::is_exai(facts->executable);
  found.uptime = facts->uptime;
  found.resident_bytes = facts->resident_bytes;
  return std::optional<Instance>(found);
}

Result<std::optional<Instance>> instance_to_signal(const Context& context) {
  auto found = find_instance(context);
  if (!found || !*found || (*found)->ours) return found;
  return fail(ErrorKind::refused,
              fmt::format("pid {} of the lock file is {}, not exai", (*found)->pid, (*found)->executable),
              fmt::format("remove {}", (path_setting(context, "server.state_dir") / "exai.lock").string()));
}

}  // namespace exai::commands
