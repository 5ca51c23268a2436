// The rounds of a request that asks its client for input: what a stateless client brings along when it comes
// again (older clients get real requests instead).
#pragma once

#include "serve/mcp/action.hpp"

#include <memory>
#include <optional>
#include <string>

namespace exai::serve::mcp {

/// inputResponses and requestState of `params`, into the call.
std::optional<RpcError> read_inputs(const Json& params, BeginCall& call);

/// The same in stateless revisions, with what a state is bound to: method, name and arguments.
std::optional<RpcError> read_rounds(const RequestContext& context, const std::string& method,
                                    const std::string& name, const Json& params,
                                    std::shared_ptr<const Json> arguments, BeginCall& call);

}  // namespace exai::serve::mcp
