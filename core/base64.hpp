// RFC 4648 base64 with padding, as MCP carries binary contents and unusual header values.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace exai {

std::string encode_base64(std::string_view bytes);
/// The bytes again; `invalid` for a wrong length, letter or padding. Line breaks are not allowed.
Result<std::string> decode_base64(std::string_view text);

}  // namespace exai
