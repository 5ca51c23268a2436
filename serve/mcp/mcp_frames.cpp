#include "serve/mcp/mcp_frames.hpp"

#include "core/text.hpp"
#include "mcp/errors.hpp"

namespace exai::serve::mcp {

bool offers_mcp(const net::HttpRequest& request) {
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

void McpFrames::on_text(std::string_view text) {
  if (!pipe_) return;
  const Millis wait = may_take_();
  if (wait.count() == 0) return pipe_->take(text);
  const auto message = read_message(text);
  // Giving up a call must always be possible: it frees what the limits protect.
  if (message && message->kind == RpcMessage::Kind::notification &&
      message->method == "notifications/cancelled")
    return pipe_->take(text);
  if (message && message->kind != RpcMessage::Kind::request) return;
  Error error =
      make_error(ErrorKind::busy, "too many requests", "wait, or raise limits.rate_session and its like");
  error.retry_after = wait;
  sink_->send(rpc_error(message ? message->id : message.error().id, to_rpc(error)), false);
}

}  // namespace exai::serve::mcp
