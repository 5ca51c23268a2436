// systemd's readiness protocol: one datagram to NOTIFY_SOCKET, nothing when there is none.
#pragma once

#include <string_view>

namespace exai::io {
/// "READY=1", "STOPPING=1", "RELOADING=1", "STATUS=..."
void notify_systemd(std::string_view state);
}  // namespace exai::io
