#include "tools/envelope.hpp"

#include <array>

namespace exai::tools {
namespace {

constexpr std::array<std::string_view, 6> k_flags{"glm.web_search",  "kimi.web_search",
                                                  "tools.lean_mode", "tools.diagnostics",
                                                  "ws.compat_text",  "workspace.allow_relative"};

/// Whether keys and addresses are set, and what the switches say: never a value.
Json environment(const Config& config) {
  Json keys = Json::object(), flags = Json::object(), configured = Json::object();
  for (const Setting& setting : settings())
    if (setting.secret) keys[std::string(setting.canonical_env())] = config.is_set(setting.key);
  for (const std::string_view key : k_flags)
    if (const Setting* setting = find_setting(key))
      flags[std::string(setting->canonical_env())] = config.boolean(key);
  for (const models::Provider* provider : Registered<models::Provider>::all())
    configured[std::string(provider->id)] = provider->configured(config);
  return {
      {"keys_present", std::move(keys)}, {"flags", std::move(flags)}, {"providers", std::move(configured)}};
}

Result<engine::CallAnswer> run_provider_capabilities(const Json& arguments, engine::CallContext& context) {
  const bool advanced = arguments.value("show_advanced", false);
  Json result{
      {"env", environment(context.config())}, {"tools", Json::array()}, {"showing_advanced", advanced}};
  if (arguments.value("include_tools", true)) {
    for (const engine::ServerView::ToolRow& tool : context.server().tools())
      if (advanced || tool.tier == "core")
        result["tools"].push_back({{"name", tool.name}, {"title", tool.title}, {"visibility", tool.tier}});
    Json hidden = Json::array();
    for (const engine::ServerView::HiddenRow& tool : context.server().hidden_tools())
      hidden.push_back({{"name", tool.name}, {"reason", tool.reason}});
    if (advanced) result["hidden_tools"] = std::move(hidden);
  }
  return json_output(std::move(result));
}

const Registered<Tool> k_provider_capabilities_tool{
    Tool{.id = "provider_capabilities",
         .title = "Provider capabilities",
         .description = "Keys that are set, switches that are on, tools offered.",
         .work = engine::Work::inline_,
         .run = &run_provider_capabilities}};

}  // namespace
}  // namespace exai::tools
