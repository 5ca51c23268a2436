// What the homes of the store are made of: their connections, and the migrations of their tables.
#pragma once

#include "core/secret.hpp"
#include "store/sql/database.hpp"
#include "store/sql/migrate.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace exai::store {

/// By version; each is plain SQL.
const std::vector<sql::SqlFile>& sqlite_migrations();
const std::vector<sql::SqlFile>& postgres_migrations();

/// Opens the home and brings its tables up to date.
Result<std::shared_ptr<sql::Pool>> sqlite_pool(const std::filesystem::path& file);
Result<std::shared_ptr<sql::Pool>> postgres_pool(const Secret& url);

}  // namespace exai::store
