// A port for a server of another program's, which cannot be asked to choose one.
#pragma once

#include <cstdint>

namespace exai::test {

/// A port of 127.0.0.1 that nobody uses just now; 0 when there is none.
std::uint16_t free_port();

}  // namespace exai::test
