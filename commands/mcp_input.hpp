// Answers given on the command line to what a server asks in the middle of a call.
#pragma once

#include "commands/common.hpp"
#include "mcp/client/client.hpp"

#include <functional>
#include <string>

namespace exai::commands::mcp_input {

/// --input and --decline as answers. A form is accepted when its fields, or the question by name, were given;
/// else it is declined, and `talk` gets a line about what was asked and how to answer. Sampling and
/// roots are offered to the server only when there is an --input at all.
Result<mcp::client::McpInput> answers(const Args& args, const Context& context,
                                      std::function<void(const std::string&)> talk);

}  // namespace exai::commands::mcp_input
