// What a client's model reads before it has called anything.
#pragma once

#include <string>

namespace exai::serve {

/// What the tools have in common, written once; it is part of what every client pays for.
std::string instructions();

}  // namespace exai::serve
