#include "commands/instance.hpp"

#include "commands/json_text.hpp"
#include "core/address.hpp"
#include "core/file_names.hpp"
#include "core/json_access.hpp"
#include "io/files.hpp"
#include "io/process.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands {
namespace {

constexpr std::uint64_t k_max_bytes = std::uint64_t{64} << 10U;

/// True for .../exai, also when the file was replaced by a newer one meanwhile.
bool is_exai(std::string executable) {
  constexpr std::string_view k_deleted = " (deleted)";
  if (executable.ends_with(k_deleted)) executable.resize(executable.size() - k_deleted.size());
  return std::filesystem::path(executable).filename() == "exai";
}

/// What the server wrote down about itself, checked against the process table.
std::optional<Instance> read_instance(const std::string& text, std::string found_by) {
  const auto pid = integer_of_json(text, "pid");  // a released lock is left empty
  const auto facts = pid && *pid > 0 ? io::process_facts(*pid) : std::nullopt;
  if (!facts) return std::nullopt;
  const auto content = parse_json(text);
  // An older server wrote no identity: then its name has to do.
  const std::string identity = text_of(*content, "process");
  if (identity.empty() ? !is_exai(facts->executable) : identity != io::process_identity(*pid))
    return std::nullopt;
  Instance found;
  found.pid = *pid;
  found.ours = true;
  found.found_by = std::move(found_by);
  found.root = text_of(*content, "root");
  if (const auto rows = content->find("listeners"); rows != content->end() && rows->is_array())
    for (const Json& row : *rows) found.listeners.push_back({text_of(row, "name"), text_of(row, "url")});
  found.executable = facts->executable;
  found.uptime = facts->uptime;
  found.resident_bytes = facts->resident_bytes;
  return found;
}

/// By the instance file that the process itself holds open, wherever that is.
std::optional<Instance> by_process(long pid, const std::string& found_by) {
  const auto text = io::open_file_of(pid, k_lock_file);
  auto found = text ? read_instance(*text, found_by) : std::nullopt;
  return found && found->pid == pid ? found : std::nullopt;
}

bool same_folder(const std::string& a, const std::filesystem::path& b) {
  std::error_code error;
  return !a.empty() && std::filesystem::equivalent(a, b, error);
}

std::optional<Instance> by_health_file(const Context& context) {
  const auto text = io::read_file(path_setting(context, "log.dir") / k_exai_ws_health_file, k_max_bytes);
  const auto pid = text ? integer_of_json(*text, "pid") : std::nullopt;
  return pid ? by_process(*pid, "health file") : std::nullopt;
}

std::optional<Instance> by_port(const Context& context) {
  for (const char* key : {"http.port", "ws.port", "health.port"}) {
    const std::uint16_t port = context.config.port(key);
    if (port == 0) continue;
    for (const long pid : io::listeners(port)) {
      auto found = by_process(pid, fmt::format("port {}", port));
      if (!found) continue;
      found->ours = same_folder(found->root, context.root);
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string Instance::mcp_base() const {
  for (const BoundAddress& listener : listeners) {
    if (listener.name != "mcp") continue;
    const auto address = parse_address(listener.url);
    if (!address) return {};
    return fmt::format("http://{}", format_address(reachable_host(address->host), address->port));
  }
  return {};
}

Result<std::optional<Instance>> find_instance(const Context& context) {
  const auto path = path_setting(context, "server.state_dir") / k_lock_file;
  std::error_code error;
  std::optional<Instance> found;
  if (std::filesystem::exists(path, error)) {
    const auto text = io::read_file(path, k_max_bytes);
    if (!text) return fail(text.error());
    found = read_instance(*text, "lock file");
  }
  if (!found) found = by_health_file(context);
  if (!found) found = by_port(context);
  return found;
}

Result<std::optional<Instance>> instance_to_signal(const Context& context) {
  auto found = find_instance(context);
  if (!found || !*found || (*found)->ours) return found;
  const Instance& other = **found;
  return fail(ErrorKind::refused,
              fmt::format("the server on {}, pid {}, serves {}, not {}", other.found_by, other.pid,
                          other.root, context.root.string()),
              fmt::format("exai stop --root {}", other.root));
}

}  // namespace exai::commands
