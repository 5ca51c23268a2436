// Randomness from the kernel.
#pragma once

#include <string>

namespace exai::io {
/// 2 x bytes hexadecimal digits.
std::string random_hex(std::size_t bytes);
/// RFC 9562 version 4.
std::string random_uuid();
/// URL-safe text with at least `bytes` random bytes.
std::string random_token(std::size_t bytes);
}  // namespace exai::io
