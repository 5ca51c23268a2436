#include "serve/configured_catalogue.hpp"

#include "core/file_names.hpp"
#include "engine/runtime.hpp"
#include "serve/mcp_stack.hpp"
#include "tools/visibility.hpp"
#include "tools/workflows/workflow.hpp"

#include <fmt/core.h>

namespace exai::serve {
namespace {

/// What is compiled in, and the workflows.
Result<tools::ToolList> all_tools(Result<tools::ToolList> workflows) {
  if (!workflows) return fail(workflows.error());
  tools::ToolList tools = tools::lasting(Registered<tools::Tool>::all());
  for (std::shared_ptr<const tools::Tool>& tool : *workflows) {
    if (tools::find_tool(tool->id) != nullptr)
      return fail(ErrorKind::config,
                  fmt::format("the workflow '{}' has the name of a built-in tool", tool->id),
                  "give it another name");
    tools.push_back(std::move(tool));
  }
  std::sort(tools.begin(), tools.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  return tools;
}

}  // namespace

Result<tools::ToolList> configured_workflows(const Config& config, const std::filesystem::path& root) {
  const std::string& folder = config.text("workflows.dir");
  return tools::load_workflow_tools(folder.empty() ? std::filesystem::path() : below(root, folder));
}

Result<ConfiguredCatalogue> configured_catalogue(const mcp::McpWriter& writer, const Config& config,
                                                 Result<tools::ToolList> workflows,
                                                 const std::vector<tools::Document>& documents) {
  const Result<tools::ToolList> tools = all_tools(std::move(workflows));
  if (!tools) return fail(tools.error());
  tools::VisibleTools offered = tools::visible(*tools, config);
  mcp::CatalogueExtras extras = catalogue_extras(config, documents);
  extras.hidden_tools = std::move(offered.hidden);
  Result<mcp::Catalogue> catalogue =
      mcp::Catalogue::from(writer, offered.tools, Registered<tools::Resource>::all(),
                           Registered<tools::Prompt>::all(), std::move(extras));
  if (!catalogue) return fail(catalogue.error());
  return ConfiguredCatalogue{std::move(*catalogue), std::move(offered.findings)};
}

}  // namespace exai::serve
