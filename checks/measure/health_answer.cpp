#include "checks/measure/health_answer.hpp"

#include "core/check.hpp"
#include "core/json_access.hpp"
#include "core/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::checks {
namespace {

/// "disk (85.2 % used), storage (database is locked)": every component that does not say healthy.
std::string troubled_components(const Json& report) {
  std::string text;
  const Json& components = member_of(report, "components");
  if (!components.is_object()) return text;
  for (const auto& [name, component] : components.items()) {
    if (text_of(component, "status") == "healthy") continue;
    if (!text.empty()) text += ", ";
    text += name;
    if (const std::string message = text_of(component, "message"); !message.empty())
      text += fmt::format(" ({})", message);
  }
  return printable(text);
}

}  // namespace

CheckResult judge_health_answer(int status, std::string_view body, std::string_view url) {
  const std::string look = fmt::format("curl -i {}", url);
  const auto report = parse_json(body);
  const std::string said = report ? text_of(*report, "status") : "";
  if (said != "healthy" && said != "degraded" && said != "unhealthy")
    return check_fail(fmt::format("answered {} without a health report", status), look);
  const std::string troubled = troubled_components(*report);
  const std::string summary = troubled.empty() ? said : fmt::format("{}: {}", said, troubled);
  if (said == "unhealthy") return check_fail(summary, look);
  if (status != 200) return check_fail(fmt::format("answered {}, and says {}", status, summary), look);
  if (said == "degraded") return check_warn(summary, look);
  return check_pass(summary);
}

}  // namespace exai::checks
