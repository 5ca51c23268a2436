// URLs as the HTTP client reads them, and the one way to put a path below a base URL.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace exai {

/// "https://host:8443/v1/" -> parts.
struct Url {
  std::string scheme, host, port, path;  ///< path with query, at least "/"; port filled in by the scheme
};

/// `invalid` for anything but http, https, ws and wss, for what libcurl would not ask, and for a user or
/// password, which logs and argument lists would show. A fragment is left out: it is never sent.
Result<Url> parse_url(std::string_view url);

/// What can be the base of an API: parse_url accepts it, http or https, without a fragment. The text of the
/// error does not repeat the URL.
Result<Url> parse_base_url(std::string_view base);

/// The address of `path` ("/chat/completions", with or without a query) below a base URL: slashes at the end
/// of the base do not matter, its query stays behind the path, and a base that names the chat endpoint itself
/// is taken for what it belongs to. Server, probes and checks ask all the same address.
Result<std::string> url_below(std::string_view base, std::string_view path);

}  // namespace exai
