// The answer of every list method: the page that params.cursor names.
#pragma once

#include "serve/mcp/listing.hpp"
#include "serve/mcp/method.hpp"

namespace exai::serve::mcp {

Action list_page(const MethodCall& call, const Listing& listing);

}  // namespace exai::serve::mcp
