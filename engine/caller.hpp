// Who asked for a call and what that client can do. The same for every transport and revision.
#pragma once

#include "core/principal.hpp"
#include "engine/answer.hpp"
#include "engine/metrics.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exai::engine {

/// The levels of MCP's log messages (RFC 5424), least severe first.
enum class ClientLog : std::uint8_t { debug, info, notice, warning, error, critical, alert, emergency };
std::string_view to_string(ClientLog level);
std::optional<ClientLog> client_log_level(std::string_view name);

struct ClientFacts {
  std::string name = "unnamed";  ///< "claude-code 2.1.330", printable
  bool form = false, url = false, sampling = false, roots = false;
  bool tasks = false;  ///< the extension io.modelcontextprotocol/tasks

  [[nodiscard]] bool can(InputKind kind) const;
};

struct Caller {
  Principal principal;
  std::string session{};  ///< whose permits the call takes; also distinguishes sessions in the activity log
  Transport transport = Transport::http;
  ClientFacts client{};
  std::optional<ClientLog> log_level{};  ///< the least severe it wants; nothing = none
};

}  // namespace exai::engine
