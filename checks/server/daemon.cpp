// server.daemon: whether the WebSocket daemon greets.
#include "checks/measure/own_server.hpp"
#include "checks/measure/probe_ws.hpp"

namespace exai::checks {
namespace {

CheckResult run_server_daemon(const CheckContext& context) {
  // Our own daemon takes a key where it has no token of its own.
  Secret token = context.config.secret("ws.token");
  if (token.empty()) token = own_key(context.config);
  return probe_ws(exai_ws_url(context.config), token, limits_of(context));
}

const Registered<Check> k_server_daemon{
    Check{.id = "server.daemon",
          .title = "the WebSocket daemon greets a client",
          .tags = "daily,doctor,deploy",
          .help = "Upgrade, hello and hello_ack within 5 s (deployment:73, deployment:154).",
          .cost = Cost::network,
          .run = run_server_daemon}};

}  // namespace
}  // namespace exai::checks
