// What a server listens on.
#pragma once

#include <string>

namespace exai::serve::net {

/// What is bound, for the line printed at start and for /status.
struct BoundSocket {
  std::string name;  ///< "mcp", "daemon", "health"
  std::string address;
  std::string url;
};

}  // namespace exai::serve::net
