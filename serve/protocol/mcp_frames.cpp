#include "serve/protocol/mcp_frames.hpp"

#include "core/text.hpp"

namespace exai::serve {

bool offers_mcp(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (!equals_ignoring_case(name, "sec-websocket-protocol")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(','));
      if (trim(one) == k_mcp_subprotocol) return true;
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    }
  }
  return false;
}

}  // namespace exai::serve
