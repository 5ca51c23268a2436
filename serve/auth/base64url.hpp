// Base64 in the URL-safe alphabet without padding (RFC 4648 section 5), as JOSE writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace exai::serve {

/// The bytes; nothing when a character is foreign, padding stands there or bits are left over: each sequence
/// of bytes has one spelling only.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace exai::serve
