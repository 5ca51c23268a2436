// URLs as our clients take them apart: the one parser for whoever calls an address and whoever judges one.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace exai {

struct Url {
  std::string scheme, host, port, path;  ///< path with query, at least "/"; port filled in by the scheme
};
/// "https://host:8443/v1/" -> parts; `invalid` for anything but http, https, ws and wss, and for what no
/// request could use. The message never repeats the text, which may hold a password.
Result<Url> parse_url(std::string_view url);

}  // namespace exai
