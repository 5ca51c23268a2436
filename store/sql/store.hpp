// The aggregates over any database that speaks SQL.
#pragma once

#include "store/sql/database.hpp"
#include "store/store.hpp"

#include <memory>

namespace exai::store::sql {

/// The tables must be there. The clock says what has expired.
std::unique_ptr<Store> make_store(std::shared_ptr<Pool> pool, const Clock& clock);

}  // namespace exai::store::sql
