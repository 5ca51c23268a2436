// Base64 of RFC 4648: the common and the URL-safe alphabet, read strictly.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace exai {

/// With padding.
std::string base64(std::string_view bytes);
/// The URL-safe alphabet, without padding.
std::string base64url(std::string_view bytes);
/// Canonical text only: right alphabet, right padding, no bits left over. Nothing otherwise.
std::optional<std::string> read_base64(std::string_view text);
std::optional<std::string> read_base64url(std::string_view text);

}  // namespace exai
