#include "store/sql/database.hpp"

namespace exai::store::sql {

std::string with_schema(std::string_view sql, const Dialect& dialect) {
  std::string text;
  text.reserve(sql.size() + 4 * dialect.schema.size());
  for (const char c : sql) {
    if (c == '@')
      text += dialect.schema;
    else
      text += c;
  }
  return text;
}

Result<void> Transaction::begin() {
  auto begun = db_.execute(std::string(db_.dialect().begin));
  open_ = begun.has_value();
  return begun;
}

Result<void> Transaction::commit() {
  auto done = db_.execute("COMMIT");
  if (done) open_ = false;
  return done;
}

Transaction::~Transaction() {
  if (!open_) return;
  db_.set_deadline(
      Deadline::after(Millis{5000}));  // a rollback must not be interrupted by the deadline that caused it
  (void)db_.execute("ROLLBACK");
}

}  // namespace exai::store::sql
