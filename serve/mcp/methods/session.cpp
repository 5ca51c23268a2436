// What a session begins with and lives by: initialize, ping, logging/setLevel.
#include "core/json_access.hpp"
#include "serve/mcp/method.hpp"
#include "serve/mcp/refusal.hpp"

namespace exai::serve::mcp {
namespace {

Action initialize(MethodCall& call) {
  const std::string wanted = text_of(call.params, "protocolVersion");
  if (wanted.empty())
    return refuse(call.id(), k_invalid_params, "initialize needs params.protocolVersion (a string)",
                  {{"supported", session_versions()}});
  const std::string_view version = negotiate_version(wanted);
  return OpenSession{
      rpc_result(call.id(), call.writer.initialize(version)), std::string(version),
      read_client(member_of(call.params, "capabilities"), member_of(call.params, "clientInfo"))};
}

Action ping(MethodCall& call) {
  return SendAnswer{rpc_result(call.id(), call.writer.empty(Era::session))};
}

Action set_level(MethodCall& call) {
  const std::optional<engine::ClientLog> level = engine::client_log_level(text_of(call.params, "level"));
  if (!level)
    return refuse(call.id(), k_invalid_params,
                  "logging/setLevel needs params.level: debug, info, notice, warning, error, "
                  "critical, alert or emergency");
  return SetLogLevel{call.id(), *level};
}

const Registered<Method> k_initialize{Method{.id = "initialize", .stateless = false, .handle = initialize}};
const Registered<Method> k_ping{Method{.id = "ping", .stateless = false, .handle = ping}};
const Registered<Method> k_set_level{
    Method{.id = "logging/setLevel", .stateless = false, .handle = set_level}};

}  // namespace
}  // namespace exai::serve::mcp
