// Where things are kept: each home under its name. What holds for a store is tested in every one of them; a
// new home adds its row to homes.cpp.
#pragma once

#include "store/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace exai::test {

struct Home {
  std::string name;
  bool durable = false;  ///< opened again in the same folder it has what was saved there
  /// The home that belongs to an empty folder, which is its own.
  std::function<Result<std::unique_ptr<store::Store>>(const std::filesystem::path& folder,
                                                      const Clock& clock)>
      open;
};

const std::vector<Home>& homes();

}  // namespace exai::test
