// Parsed documents as text that is read back at once: the build packs the built-in YAML. `exai validate
// workflows` takes 26 million instructions with it and took 94 million without.
#pragma once

#include "core/node.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>

namespace exai {

/// The node and all below it, names of files left out. In pre-order, every node is "KIND LINE COLUMN N:",
/// KIND one of n(ull), s(calar), l(ist), m(ap); then N bytes of a scalar, N nodes, or N times "LENGTH:NAME"
/// and a node.
std::string pack(const Node& node);

/// The inverse; `file` becomes the file of every place. Errors (internal): the text was not made by pack().
Result<Node> unpack(std::string_view packed, const std::string& file);

}  // namespace exai
