#include "tools/envelope.hpp"
#include "tools/overview.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

Json metric_lines(const engine::ServerView& server) {
  Json lines = Json::array();
  lines.push_back("uptime " + format_duration(server.uptime()));
  for (const engine::ServerView::PermitRow& row : server.permits())
    lines.push_back(fmt::format("in flight {} {} of {}", row.name, row.in_use, row.limit));
  return lines;
}

Result<engine::CallAnswer> run_health(const Json& arguments, engine::CallContext& context) {
  const auto lines = static_cast<std::size_t>(std::max(0, arguments.value("tail_lines", 50)));
  const Result<void> database = context.store().ping();
  return json_output({{"providers_configured", configured_providers(context.config())},
                      {"models_available", available_models(context)},
                      {"store", database ? "ok" : database.error().message},
                      {"metrics_tail", metric_lines(context.server())},
                      {"toolcalls_tail", context.server().activity_tail(lines)}});
}

const Registered<Tool> k_health{
    Tool{.id = "health",
         .title = "Health",
         .description = "Providers, models, permits, database and the latest calls.",
         .run = &run_health}};

}  // namespace
}  // namespace exai::tools
