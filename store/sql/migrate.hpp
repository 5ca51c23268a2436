// What brings the tables of a home up to date, and what a home says of it.
#pragma once

#include "store/sql/database.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::store::sql {

using SqlFile = std::pair<std::string_view, std::string_view>;  ///< "0001_what", and what it says

enum class MigrationState : std::uint8_t {
  applied,
  pending,
  changed,  ///< applied in another form than this program has it
  unknown,  ///< applied, and not of this program: a newer one was here
};

struct MigrationRow {
  std::int64_t version = 0;
  std::string name;
  MigrationState state = MigrationState::pending;
  std::string applied_at;  ///< as the database writes times; "" when pending
};

/// All that the program or the ledger knows, by version; reads only.
Result<std::vector<MigrationRow>> migration_state(Database& db, const std::vector<SqlFile>& files);

/// Applies what is pending, each in a transaction of its own under the lock of the schema: of two processes
/// that start together one does it and the other waits. Returns the names of those it applied. `config`:
/// the tables are newer than this program, or a migration was applied in another form; nothing is changed
/// then. The same holds for one that is missing below others that were applied.
Result<std::vector<std::string>> migrate(Database& db, const std::vector<SqlFile>& files);

}  // namespace exai::store::sql
