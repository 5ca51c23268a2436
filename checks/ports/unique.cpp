// ports.unique: whether two listeners are meant to share a port.
#include "checks/findings.hpp"
#include "core/check.hpp"
#include "core/rules.hpp"

namespace exai::checks {
namespace {

// The original's ports collided more than once: 8080, 8081, 8082, 8765.
CheckResult run_ports_unique(const CheckContext& context) {
  return findings_result(port_collisions(context.config), "no two listeners share a port");
}

const Registered<Check> k_ports_unique{
    Check{.id = "ports.unique",
          .title = "no two listeners share a port",
          .tags = "doctor,ci,deploy",
          .help = "http.port, ws.port, health.port and monitoring.port must differ (deployment:39).",
          .run = run_ports_unique}};

}  // namespace
}  // namespace exai::checks
