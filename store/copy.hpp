// A store moved from one home to another: every table, counted and compared, and gone on with where it was
// interrupted.
#pragma once

#include "store/home.hpp"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace exai::store {

/// One table of both homes, after the copy.
struct CopiedTable {
  std::string name;
  std::int64_t copied = 0;              ///< by this call
  std::int64_t source = 0, target = 0;  ///< rows
  bool same = false;  ///< as many, and the same in every column, as far as the types of both homes tell apart
};

struct CopyOptions {
  std::stop_token stop{};
  std::function<void(std::string_view table, std::int64_t copied)> on_batch{};  ///< after each commit
};

/// Copies all rows, some hundreds in a transaction, with the place it has come to; called again after it was
/// interrupted it goes on there. Nobody should write to the source meanwhile: what changes behind that place
/// is found by the comparison and not copied. The place is forgotten when all is the same. Errors: `refused`
/// when the target holds rows that are not of a copy of this source; `config` when both are one home, or the
/// source lacks migrations; `missing_input` when there is no source; `cancelled` after a stop.
Result<std::vector<CopiedTable>> copy_store(const Home& from, const Home& to,
                                            const CopyOptions& options = {});

/// Tables and their columns as a copy knows them: those of the migrations, without what a home makes itself.
std::vector<std::pair<std::string, std::vector<std::string>>> copied_columns();

}  // namespace exai::store
