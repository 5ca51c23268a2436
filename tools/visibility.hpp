// Which tools are offered: by the settings tools.*, and by the providers that are configured.
#pragma once

#include "core/report.hpp"
#include "tools/tool.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::tools {

struct VisibleTools {
  ToolList tools;                                     ///< in the order they came in
  std::vector<engine::ServerView::HiddenRow> hidden;  ///< the others, each with the setting that hides it
  std::vector<Finding> findings;                      ///< those of tool_list_findings()
};

/// What is wrong with the lists of the settings tools.* and ws.unshared_tools: a name that no tool has fails,
/// for the list would let through, or keep away, what its writer did not mean. Pure.
std::vector<Finding> tool_list_findings(const std::vector<std::string>& known, const Config& config);

/// The whitelist tools.enabled beats the profile; then tools.allow, tools.deny, tools.disabled,
/// tools.diagnostics and the provider of a tool each may hide one. version, listmodels, status and health
/// stay whatever is set, but for the profile lean with tools.strict_lean. Pure.
VisibleTools visible(const ToolList& all, const Config& config);

/// The name under which a tool is known here: without the suffixes that some clients add ("chat_EXAI-WS"),
/// and thinkdeep for "deepthink" and for other names of thinking. A name that fits nothing comes back as it
/// is. `known` tells whether there is a tool of that name. Pure.
std::string canonical_tool_name(std::string_view name, const std::function<bool(std::string_view)>& known);

}  // namespace exai::tools
