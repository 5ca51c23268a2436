// The conversations that a home keeps, as a list: who looks need not open what was said.
#pragma once

#include "core/deadline.hpp"
#include "store/home.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace exai::store {

struct SessionRow {
  std::string id, owner;
  Wall created{}, updated{};
  std::int64_t turns = 0;
  std::int64_t characters = 0;  ///< of what was said, and of a workflow's state
  bool workflow = false;        ///< it keeps a state
};

/// Those changed last, last first. A file that is not there has none, and is not made. `config` when the
/// tables are not those of this program.
Result<std::vector<SessionRow>> list_sessions(const Home& home, std::size_t max);

}  // namespace exai::store
