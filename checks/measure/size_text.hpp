// A number of bytes as a person reads it.
#pragma once

#include <cstdint>
#include <string>

namespace exai::checks {

/// "448 B", "1.0 GiB": steps of 1024, one digit behind the point from KiB on.
std::string size_text(std::uint64_t bytes);

}  // namespace exai::checks
