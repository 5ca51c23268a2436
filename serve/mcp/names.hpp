// The server's side of MCP uses the names of mcp/: JSON-RPC, errors, schemas. They need no qualifier in
// this folder, and "mcp::" means both elsewhere in serve/.
#pragma once

namespace exai::mcp {}

namespace exai::serve::mcp {
using namespace exai::mcp;  // NOLINT(google-build-using-namespace): one vocabulary in two folders
}  // namespace exai::serve::mcp
