// Randomness from the kernel.
#pragma once

#include "core/deadline.hpp"

#include <string>

namespace exai::io {
/// 2 x bytes hexadecimal digits.
std::string random_hex(std::size_t bytes);
/// RFC 9562 version 4.
std::string random_uuid();
/// RFC 9562 version 7: 48 bits of time before 74 random ones. What is stored under such ids is stored in the
/// order in which it came, which spares a database most of its page writes.
std::string time_ordered_uuid(Wall at);
/// URL-safe text with at least `bytes` random bytes.
std::string random_token(std::size_t bytes);
}  // namespace exai::io
