// Small surfaces for tests.
#pragma once

#include "suite/surface/surface.hpp"

namespace exai::tests {

/// A surface with one tool.
inline suite::Surface with_tool(Json tool) {
  suite::Surface surface;
  surface.name = "peer";
  surface.version = "1";
  surface.protocol = "2025-11-25";
  surface.tools.push_back(std::move(tool));
  return surface;
}

/// An array so many levels deep, made without a stack of that depth.
inline Json nested(std::size_t levels, const char* keyword = nullptr) {
  Json value = Json::object();
  for (std::size_t level = 1; level < levels; ++level) {
    Json outer = keyword == nullptr ? Json::array() : Json::object();
    if (keyword == nullptr)
      outer.push_back(std::move(value));
    else
      outer[keyword] = std::move(value);
    value = std::move(outer);
  }
  return value;
}

}  // namespace exai::tests
