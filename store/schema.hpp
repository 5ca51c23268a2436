// The tables of a home held against what this program makes: which migrations, and each difference.
#pragma once

#include "store/home.hpp"
#include "store/sql/migrate.hpp"

#include <string>
#include <vector>

namespace exai::store {

/// What the ledger says; nothing is changed, and no file is made.
Result<std::vector<sql::MigrationRow>> schema_state(const Home& home);

/// Applies what is pending, and says what that was.
Result<std::vector<std::string>> migrate_schema(const Home& home);

struct SchemaDifference {
  enum class Kind : std::uint8_t { missing, extra, different };
  Kind kind = Kind::missing;
  std::string object;           ///< "column turns.role", "index runs_by_start of runs"
  std::string expected, found;  ///< definitions; empty where there is none
};

/// Every difference between the tables that are there and those that the migrations of this program make.
/// Those are made to be looked at, in memory or in a transaction that is rolled back. Other tables in the
/// same schema are nobody's business here. Errors: as opening; `config` when making them is not allowed.
Result<std::vector<SchemaDifference>> verify_schema(const Home& home);

}  // namespace exai::store
