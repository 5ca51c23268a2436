#include "store/sql/spend.hpp"

namespace exai::store::sql {

Result<void> SqlSpend::add(const std::vector<SpendChange>& changes) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  Transaction transaction(**db);
  if (auto begun = transaction.begin(); !begun) return begun;
  const auto add = (*db)->prepare(
      "INSERT INTO @spend VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
      " ON CONFLICT (day, provider, model) DO UPDATE SET"
      " calls = spend.calls + excluded.calls, prompt = spend.prompt + excluded.prompt,"
      " completion = spend.completion + excluded.completion, cached = spend.cached + excluded.cached,"
      " nano_usd = spend.nano_usd + excluded.nano_usd");
  if (!add) return fail(add.error());
  for (const SpendChange& change : changes) {
    Statement& row = (*add)->reset();
    row.bind(change.day).bind(change.provider).bind(change.model).bind(change.calls).bind(change.prompt);
    row.bind(change.completion).bind(change.cached).bind(change.nano_usd);
    if (auto done = row.run(); !done) return done;
  }
  return transaction.commit();
}

Result<std::vector<SpendChange>> SqlSpend::load(const std::string& day) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(
      "SELECT provider, model, calls, prompt, completion, cached, nano_usd FROM @spend WHERE day = $1"
      " ORDER BY provider, model");
  if (!query) return fail(query.error());
  return read_all((*query)->bind(day), [&day](const Statement& row) {
    return SpendChange{.day = day,
                       .provider = row.text(0),
                       .model = row.text(1),
                       .calls = row.number(2),
                       .prompt = row.number(3),
                       .completion = row.number(4),
                       .cached = row.number(5),
                       .nano_usd = row.number(6)};
  });
}

}  // namespace exai::store::sql
