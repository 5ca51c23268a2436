#include "serve/mcp/rounds.hpp"

#include "core/digest.hpp"
#include "core/json.hpp"

namespace exai::serve::mcp {
namespace {

/// What a state must not be carried away from.
std::string round_digest(std::string_view method, std::string_view name, const Json& arguments) {
  return sha256_hex(std::string(method) + "\n" + std::string(name) + "\n" + dump_json(arguments));
}

}  // namespace

std::optional<RpcError> read_inputs(const Json& params, BeginCall& call) {
  RpcError error;
  error.code = k_invalid_params;
  if (const auto responses = params.find("inputResponses"); responses != params.end()) {
    error.message = "inputResponses must be an object of objects";
    if (!responses->is_object()) return error;
    for (const Json& response : *responses)
      if (!response.is_object()) return error;
    call.inputs = *responses;
  }
  if (const auto state = params.find("requestState"); state != params.end()) {
    error.message = "requestState must be the text that this server sent";
    if (!state->is_string() || state->get_ref<const std::string&>().empty()) return error;
    call.sealed_state = state->get<std::string>();
  }
  return std::nullopt;
}

std::optional<RpcError> read_rounds(const RequestContext& context, const std::string& method,
                                    const std::string& name, const Json& params,
                                    std::shared_ptr<const Json> arguments, BeginCall& call) {
  if (context.revision.era == Era::session) return std::nullopt;
  call.digest = [method, name, arguments = std::move(arguments)] {
    return round_digest(method, name, *arguments);
  };
  return read_inputs(params, call);
}

}  // namespace exai::serve::mcp
