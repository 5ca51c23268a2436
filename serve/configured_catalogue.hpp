// All that is offered, put together: tools that are records, workflows from files, and what the settings let
// be seen of them.
#pragma once

#include "core/report.hpp"
#include "serve/mcp/catalogue.hpp"

#include <filesystem>
#include <vector>

namespace exai::serve {

struct ConfiguredCatalogue {
  mcp::Catalogue catalogue;
  std::vector<Finding> findings;  ///< warnings about the settings tools.*
};

/// The workflows that are built in, and those of workflows.dir. Reading them is most of what a start costs,
/// and needs nothing else, so it may run beside the rest. Errors: `config` with file and line.
Result<tools::ToolList> configured_workflows(const Config& config, const std::filesystem::path& root);

/// Errors: those of the workflows, or `config` for one with the name of a built-in tool.
Result<ConfiguredCatalogue> configured_catalogue(const mcp::McpWriter& writer, const Config& config,
                                                 Result<tools::ToolList> workflows,
                                                 const std::vector<tools::Document>& documents);

}  // namespace exai::serve
