// The answers to a browser about requests from pages of other origins (Fetch standard, "CORS protocol").
#pragma once

#include "serve/net/exchange.hpp"

#include <optional>

namespace exai::serve::auth {

/// For a request whose Origin, if it has one, is allowed already: every answer to it may be read by the page,
/// with the headers that MCP clients look for. A preflight, which never shows a key, is answered here.
std::optional<net::HttpResponse> share_with_origin(net::HttpRequest& request);

}  // namespace exai::serve::auth
