#include "store/sql/files.hpp"

namespace exai::store::sql {

Result<void> SqlFiles::save(const ProviderFile& file) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto insert = (*db)->prepare(
      "INSERT INTO @provider_files VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
      " ON CONFLICT (provider, id) DO UPDATE SET sha256 = excluded.sha256, purpose = excluded.purpose,"
      " name = excluded.name, owner = excluded.owner, bytes = excluded.bytes, uploaded = excluded.uploaded,"
      " used = excluded.used");
  if (!insert) return fail(insert.error());
  Statement& row = **insert;
  row.bind(file.provider).bind(file.id).bind(file.sha256).bind(file.purpose).bind(file.name);
  row.bind(file.owner).bind(file.bytes).bind(file.uploaded).bind(file.used);
  return row.run();
}

Result<std::vector<ProviderFile>> SqlFiles::load(const std::string& provider) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(
      "SELECT id, sha256, purpose, name, owner, bytes, uploaded, used FROM @provider_files"
      " WHERE provider = $1 ORDER BY uploaded, id LIMIT 10000");
  if (!query) return fail(query.error());
  return read_all((*query)->bind(provider), [&provider](const Statement& row) {
    return ProviderFile{.provider = provider,
                        .id = row.text(0),
                        .sha256 = row.text(1),
                        .purpose = row.text(2),
                        .name = row.text(3),
                        .owner = row.text(4),
                        .bytes = row.number(5),
                        .uploaded = row.time(6),
                        .used = row.time(7)};
  });
}

Result<void> SqlFiles::remove(const std::string& provider, const std::string& id) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto remove = (*db)->prepare("DELETE FROM @provider_files WHERE provider = $1 AND id = $2");
  if (!remove) return fail(remove.error());
  return (*remove)->bind(provider).bind(id).run();
}

}  // namespace exai::store::sql
