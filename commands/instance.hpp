// The server of this deployment as others see it: its lock file and its process.
#pragma once

#include "commands/common.hpp"

#include <optional>
#include <string>

namespace exai::commands {

struct Instance {
  long pid = 0;
  bool alive = false;  ///< a process of that pid exists
  bool ours = false;   ///< and it is an exai binary
  std::string executable;
  Millis uptime{0};
  std::uint64_t resident_bytes = 0;
};

/// What <state_dir>/exai.lock says, checked against the process table; nothing when there is no lock file or
/// no such process.
Result<std::optional<Instance>> find_instance(const Context& context);

/// The running server, or why there is none to act on: `refused` when the pid belongs to another program.
Result<std::optional<Instance>> instance_to_signal(const Context& context);

}  // namespace exai::commands
