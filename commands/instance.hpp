// The server of this deployment as others see it: its instance file, its process and its ports.
#pragma once

#include "commands/common.hpp"

#include <optional>
#include <string>
#include <vector>

namespace exai::commands {

struct Instance {
  long pid = 0;
  bool ours = false;     ///< it serves this deployment
  std::string found_by;  ///< "lock file", "health file", "port 8000"
  std::string root;      ///< the folder it serves, when it is known
  struct BoundAddress {
    std::string name, url;
  };
  std::vector<BoundAddress> listeners;  ///< as the server wrote them down; empty when nothing is known
  std::string executable;
  Millis uptime{0};
  std::uint64_t resident_bytes = 0;
  /// "http://127.0.0.1:8000", as this machine reaches the MCP listener; empty when it is not known.
  [[nodiscard]] std::string mcp_base() const;
};

/// The running server: by <state_dir>/exai.lock, else by the health file of exai_ws, else by whoever listens
/// on the ports of the settings. A file whose process has ended says nothing, also when its pid was given to
/// another one.
Result<std::optional<Instance>> find_instance(const Context& context);

/// The running server, or why there is none to act on: `refused` when what listens on our ports serves
/// another folder.
Result<std::optional<Instance>> instance_to_signal(const Context& context);

}  // namespace exai::commands
