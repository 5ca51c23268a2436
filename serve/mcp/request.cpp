#include "serve/mcp/request.hpp"

namespace exai::serve::mcp {

const Json& meta_of(const RpcMessage& message, std::string_view key) {
  return member_of(member_of(message.params, "_meta"), key);
}

Era era_of(const RpcMessage& message, std::string_view header) {
  if (message.kind != RpcMessage::Kind::response && !meta_of(message, k_meta_version).is_null())
    return Era::stateless;
  return header.empty() || is_session_version(header) ? Era::session : Era::stateless;
}

RequestContext read_context(const RpcMessage& message, Era era, const Peer& peer) {
  RequestContext context;
  context.caller.principal = peer.principal;
  context.caller.transport = peer.transport;
  const Json& token = meta_of(message, "progressToken");
  if (!token.is_null()) context.progress_token = rpc_id(token);
  if (era == Era::stateless) {
    context.revision = {Era::stateless, k_stateless_version};
    context.caller.client =
        read_client(meta_of(message, k_meta_capabilities), meta_of(message, k_meta_client));
    const Json& level = meta_of(message, k_meta_log_level);
    if (level.is_string())
      context.caller.log_level = engine::client_log_level(level.get_ref<const std::string&>());
    // There is no session; one program of one caller is what comes nearest.
    context.caller.session = peer.principal.name + "/" + context.caller.client.name;
    return context;
  }
  context.revision = {Era::session, session_versions().front()};
  context.caller.session = peer.id;
  if (!peer.session) return context;
  // A view of the table, not of the session, which may end before the call.
  context.revision.version = negotiate_version(peer.session->version);
  context.caller.client = peer.session->client;
  context.caller.log_level = peer.session->log_level;
  return context;
}

}  // namespace exai::serve::mcp
