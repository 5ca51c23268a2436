// The server's side of the WebSocket handshake (RFC 6455 section 4.2). Pure.
#pragma once

#include "serve/net/head.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exai::serve::net {

/// What is wrong with a request as a handshake: 400, 405, or 426 for another version and for plain HTTP.
/// Nothing when it may be accepted.
std::optional<HttpResponse> judge_upgrade(const HttpRequest& request, const Framing& framing);
/// The answer that accepts it, whole; `subprotocol` is the chosen one, or empty.
std::string accept_upgrade(const HttpRequest& request, std::string_view subprotocol);

}  // namespace exai::serve::net
