#include "core/text.hpp"
#include "core/timeouts.hpp"
#include "io/files.hpp"
#include "models/providers/provider.hpp"
#include "tools/envelope.hpp"
#include "tools/log_lines.hpp"
#include "tools/overview.hpp"

#include <fmt/core.h>

#include <unistd.h>

namespace exai::tools {
namespace {

constexpr std::uint64_t k_least_disk = std::uint64_t{100} << 20U;

Json verdict(std::string_view name, bool ok, std::string why) {
  return {{"name", name}, {"ok", ok}, {"why", std::move(why)}};
}

Json verdict(std::string_view name, const Error& error) {
  return verdict(name, false, error.message + (error.hint.empty() ? "" : "; " + error.hint));
}

Json settings_valid(const Config& config) {
  for (const Setting& setting : settings()) {
    if (!config.is_set(setting.key)) continue;
    const std::string& text = config.value(setting.key).text;
    const std::string name(setting.canonical_env());
    if (const Result<void> fits = check_value(setting, text); !fits)
      return verdict("settings", false,
                     name + ": " + (setting.secret ? "does not fit" : fits.error().message));
    if (is_placeholder(text)) return verdict("settings", false, name + " is still the template's text");
  }
  const auto profile = timeouts::find_profile(config, config.text("timeouts.profile"));
  if (!profile) return verdict("settings", profile.error());
  const auto judged = timeouts::judge(config, *profile);
  if (!judged) return verdict("settings", judged.error());
  for (const Finding& finding : judged->findings)
    if (finding.severity == Status::fail) return verdict("settings", false, finding.message);
  return verdict("settings", true, "every value fits and the timeouts agree");
}

Json providers_ready(const Json& configured) {
  if (!configured.empty()) return verdict("providers", true, fmt::format("{} configured", configured.size()));
  return verdict("providers", false, "none is configured; set " + models::provider_variables());
}

Json store_answers(engine::CallContext& context) {
  const Result<void> alive = context.store().ping();
  return alive ? verdict("store", true, "answers") : verdict("store", alive.error());
}

Json logs_writable(const std::filesystem::path& folder) {
  if (folder.empty()) return verdict("logs", true, "none are written");
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return verdict("logs", true, "the folder can be written");
  return verdict("logs", false, fmt::format("{} cannot be written; ls -ld shows who may", folder.string()));
}

Json disk_room(const std::filesystem::path& folder) {
  const Result<io::DiskSpace> space = io::disk_space(folder.empty() ? std::filesystem::path(".") : folder);
  if (!space) return verdict("disk", space.error());
  const bool enough = space->available >= k_least_disk;
  return verdict(
      "disk", enough,
      fmt::format("{} MiB free{}", space->available >> 20U, enough ? "" : "; make room: 100 MiB are needed"));
}

Json tools_offered(const engine::ServerView& server) {
  const std::size_t offered = server.tools().size();
  const std::size_t hidden = server.hidden_tools().size();
  return verdict("tools", offered > 0, fmt::format("{} offered, {} hidden by the settings", offered, hidden));
}

Result<engine::CallAnswer> run_self_check(const Json& arguments, engine::CallContext& context) {
  const Config& config = context.config();
  const Json configured = configured_providers(config);
  const std::filesystem::path folder = context.server().log_folder();
  Json checks = Json::array({settings_valid(config), providers_ready(configured), store_answers(context),
                             logs_writable(folder), disk_room(folder), tools_offered(context.server())});
  const bool well =
      std::all_of(checks.begin(), checks.end(), [](const Json& one) { return one["ok"] == true; });
  Json tools = Json::array(), env = Json::object();
  for (const engine::ServerView::ToolRow& tool : context.server().tools()) tools.push_back(tool.name);
  for (const Setting& setting : settings())
    if (setting.secret) env[std::string(setting.canonical_env())] = config.is_set(setting.key);
  const auto lines = arguments.value("log_lines", std::size_t{40});
  std::vector<std::string> tail = visible_activity(context, std::max<std::size_t>(lines, 5000));
  if (tail.size() > lines) tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(lines));
  return json_output({{"ok", well},
                      {"checks", std::move(checks)},
                      {"providers", configured},
                      {"tools", std::move(tools)},
                      {"env", std::move(env)},
                      {"log_tail", std::move(tail)}});
}

const Registered<Tool> k_self_check_tool{
    Tool{.id = "self-check",
         .title = "Self-check",
         .description = "Checks settings, providers, database, logs, disk and tools.",
         .tier = ToolTier::diagnostic,
         .run = &run_self_check}};

}  // namespace
}  // namespace exai::tools
