// What changed between two surfaces of a server, and whom it hurts.
#pragma once

#include "suite/surface/surface.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// Worst first.
enum class ChangeKind : std::uint8_t {
  breaking,    ///< a client that worked may fail or be surprised, or the change cannot be judged
  compatible,  ///< more than before, nothing less
  wording,     ///< what people and models read; no program depends on it
};
std::string_view to_string(ChangeKind kind);
std::optional<ChangeKind> change_kind(std::string_view word);

struct SurfaceChange {
  std::string place;  ///< "tools.chat.inputSchema.properties.model"
  ChangeKind kind = ChangeKind::breaking;
  std::string why;  ///< one sentence about that place: "is gone"
};

/// All changes, worst first and by place within a kind; empty exactly when both surfaces have the same file.
/// At most 200 of one schema and 10,000 in all, then a breaking one that says so.
std::vector<SurfaceChange> compare_surfaces(const Surface& before, const Surface& after);

}  // namespace exai::suite
