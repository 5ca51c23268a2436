#include "engine/caller.hpp"

#include <algorithm>
#include <array>

namespace exai::engine {
namespace {
constexpr std::array<std::string_view, 8> k_client_log_names{"debug", "info",     "notice", "warning",
                                                             "error", "critical", "alert",  "emergency"};
}  // namespace

std::string_view to_string(ClientLog level) {
  return k_client_log_names.at(static_cast<std::size_t>(level));
}

std::optional<ClientLog> client_log_level(std::string_view name) {
  const auto found = std::find(k_client_log_names.begin(), k_client_log_names.end(), name);
  if (found == k_client_log_names.end()) return std::nullopt;
  return static_cast<ClientLog>(found - k_client_log_names.begin());
}

bool ClientFacts::can(InputKind kind) const {
  switch (kind) {
    case InputKind::form:
      return form;
    case InputKind::url:
      return url;
    case InputKind::sampling:
      return sampling;
    case InputKind::roots:
      return roots;
  }
  return false;
}

}  // namespace exai::engine
