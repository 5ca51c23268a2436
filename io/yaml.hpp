// YAML text to plain nodes; the one file that names yaml-cpp.
#pragma once

#include "core/node.hpp"
#include "core/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace exai::io {

/// One document. Duplicate keys, anchors that expand to more than 100,000 nodes and nesting over 64 are
/// config errors with file and line. An empty document is a null node.
Result<Node> parse_yaml(std::string_view text, const std::string& file);
Result<Node> read_yaml(const std::filesystem::path& path);

}  // namespace exai::io
