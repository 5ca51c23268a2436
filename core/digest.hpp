// SHA-256, in the one file of core that names OpenSSL.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace exai {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);
/// Lower-case hexadecimal of the digest.
std::string sha256_hex(std::string_view bytes);
/// Equality in constant time for equal lengths.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace exai
