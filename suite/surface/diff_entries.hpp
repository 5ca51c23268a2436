// One tool, prompt, resource or template compared with what it was.
#pragma once

#include "suite/surface/diff.hpp"

namespace exai::suite {

/// Adds the changes of one entry of that list ("tools") to `changes`. Both are entries of the same name and
/// differ; a member that nothing here knows is breaking when it changed.
void compare_entries(std::string_view list, const std::string& place, const Json& before, const Json& after,
                     std::vector<SurfaceChange>& changes);

}  // namespace exai::suite
