// Batches of JSON-RPC messages: revision 2025-03-26 has them, no other.
#pragma once

#include "serve/mcp/service.hpp"

#include <memory>

namespace exai::serve::mcp {

/// True for a session that may send an array of messages.
bool takes_batches(const Session& session);

/// Carries out each message; their messages go to `out` as they come, their answers as one array
/// at the end. A batch of the wrong size is refused.
void take_batch(McpService& service, Json messages, const Peer& peer,
                const std::shared_ptr<ResponseSink>& out);

}  // namespace exai::serve::mcp
