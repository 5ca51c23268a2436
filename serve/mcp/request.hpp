// One message with all that the protocol knows about who sent it and how.
#pragma once

#include "core/json_access.hpp"
#include "mcp/jsonrpc.hpp"
#include "serve/mcp/names.hpp"
#include "serve/mcp/session.hpp"
#include "serve/mcp/writer.hpp"
#include "serve/net/exchange.hpp"

#include <memory>
#include <string>

namespace exai::serve::mcp {

/// Which lifecycle a message belongs to; `header` is MCP-Protocol-Version ("" = absent, or no HTTP). The body
/// decides, the header only where the body says nothing.
Era era_of(const RpcMessage& message, std::string_view header);

/// Where a message came from. `id` is unique among all peers of all transports: the session's, the
/// connection's, or for a stateless request the exchange's.
struct Peer {
  std::string id;
  Principal principal;
  engine::Transport transport = engine::Transport::http;
  std::shared_ptr<Session> session;           ///< nullptr: stateless, or no `initialize` yet (HTTP)
  const net::HttpRequest* request = nullptr;  ///< of a message over HTTP; valid while it is taken in
};

/// What handlers and serialisers need to know of a request.
struct RequestContext {
  Revision revision;
  engine::Caller caller;
  std::string progress_token;  ///< JSON text; empty = the caller wants no progress
};

/// Reads what a request says of itself: from its session, or from params._meta.
RequestContext read_context(const RpcMessage& message, Era era, const Peer& peer);

/// A member of params._meta; null when absent.
const Json& meta_of(const RpcMessage& message, std::string_view key);

}  // namespace exai::serve::mcp
