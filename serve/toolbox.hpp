// All that is offered, put together: tools that are records, workflows from files, and what the settings let
// be seen of them.
#pragma once

#include "core/report.hpp"
#include "serve/protocol/catalogue.hpp"

#include <filesystem>
#include <vector>

namespace exai::serve {

struct Toolbox {
  Catalogue catalogue;
  std::vector<Finding> findings;  ///< warnings about the settings tools.*
};

/// Errors: `config` for a broken workflow (file and line) or one with the name of a built-in tool.
Result<Toolbox> make_toolbox(const Wire& wire, const Config& config, const std::filesystem::path& root,
                             const std::vector<Document>& documents);

}  // namespace exai::serve
