#include "store/sqlite_db.hpp"
#include "store/store.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include <fmt/core.h>

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& migrations();
}

namespace exai::store {
namespace sqlite_store {
namespace {

constexpr Millis k_statement_timeout{5000};
constexpr std::size_t k_kept_at_once = 8;  // conversations, between two offers of the processor

std::int64_t to_millis(Wall at) {
  return std::chrono::duration_cast<Millis>(at.time_since_epoch()).count();
}
Wall from_millis(std::int64_t millis) {
  return Wall(Millis(millis));
}

tl::unexpected<Error> forgotten(const std::string& id) {
  return fail(ErrorKind::not_found, fmt::format("the conversation {} is unknown or has expired", id),
              "start again without continuation_id and give the full context");
}

class SqliteStore : public Store {
 public:
  SqliteStore(std::unique_ptr<Database> db, const Clock& clock) : db_(std::move(db)), clock_(clock) {}

  Result<void> keep_conversations(const std::vector<ConversationChange>& changes) override;
  Result<void> restore_conversations(const std::vector<ConversationChange>& changes) override;
  Result<Conversation> load_conversation(const std::string& id, Millis ttl) override;
  Result<std::size_t> expire_conversations(Millis ttl) override;
  Result<void> save_run(const RunRecord& run) override;
  Result<std::vector<RunRecord>> runs(std::size_t most) override;
  Result<void> add_spend(const std::vector<SpendChange>& changes) override;
  Result<std::vector<SpendChange>> spend_of(const std::string& day) override;
  Result<void> keep_provider_file(const ProviderFile& file) override;
  Result<std::vector<ProviderFile>> provider_files(const std::string& provider) override;
  Result<void> forget_provider_file(const std::string& provider, const std::string& id) override;
  Result<void> ping() override;

 private:
  struct Leave {
    void operator()(SqliteStore* store) const { store->leave(); }
  };
  /// Whoever holds it may use the database.
  using Entry = std::unique_ptr<SqliteStore, Leave>;
  /// One statement at a time; waiting for the turn counts towards the timeout. A flag and a condition,
  /// because the thread sanitizer of g++ 12 does not follow timed mutexes.
  Result<Entry> enter() {
    const Deadline deadline = Deadline::after(k_statement_timeout);
    std::unique_lock lock(mutex_);
    if (!free_.wait_until(lock, deadline.at(), [this] { return !taken_; }))
      return fail(ErrorKind::timeout, "the database was busy for " + format_duration(k_statement_timeout));
    taken_ = true;
    db_->set_deadline(deadline);
    return Entry(this);
  }
  void leave() {
    const std::scoped_lock lock(mutex_);
    taken_ = false;
    free_.notify_one();
  }
  [[nodiscard]] std::int64_t oldest(Millis ttl) const { return to_millis(clock_.wall() - ttl); }
  Result<void> keep_one(const ConversationChange& change, Statement& touch, Statement& insert);
  Result<void> keep_all(const std::vector<ConversationChange>& changes, const char* touch,
                        const char* insert);

  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
  std::unique_ptr<Database> db_;
  const Clock& clock_;
};

Result<void> SqliteStore::keep_one(const ConversationChange& change, Statement& touch, Statement& insert) {
  touch.reset().bind(change.id).bind(to_millis(change.created)).bind(to_millis(change.updated));
  touch.bind(change.owner).bind(change.state.value_or("")).bind(std::int64_t{change.state ? 1 : 0});
  if (auto done = touch.run(); !done) return done;
  auto position = static_cast<std::int64_t>(change.position);
  for (const Turn& turn : change.turns) {
    insert.reset().bind(change.id).bind(position++).bind(turn.role).bind(turn.content);
    insert.bind(turn.tool).bind(turn.provider).bind(turn.model).bind(to_millis(turn.at));
    if (auto done = insert.run(); !done) return done;
  }
  return {};
}

Result<void> SqliteStore::keep_all(const std::vector<ConversationChange>& changes, const char* touch_sql,
                                   const char* insert_sql) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Transaction transaction(*db_);
  if (auto begun = transaction.begin(); !begun) return begun;
  Result<Statement> touch = db_->prepare(touch_sql);
  if (!touch) return fail(touch.error());
  Result<Statement> insert = db_->prepare(insert_sql);
  if (!insert) return fail(insert.error());
  std::size_t kept = 0;
  for (const ConversationChange& change : changes) {
    if (auto done = keep_one(change, *touch, *insert); !done) return done;
    // Whoever answers a client goes first: without this it would wait until a whole slice is used up.
    if (++kept % k_kept_at_once == 0) std::this_thread::yield();
  }
  return transaction.commit();
}

Result<void> SqliteStore::keep_conversations(const std::vector<ConversationChange>& changes) {
  return keep_all(changes,
                  "INSERT INTO conversations (id, created, updated, owner, state) VALUES (?, ?, ?, ?, ?)"
                  " ON CONFLICT (id) DO UPDATE SET updated = excluded.updated,"
                  " state = CASE WHEN ? THEN excluded.state ELSE state END WHERE owner = excluded.owner",
                  "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
}

Result<void> SqliteStore::restore_conversations(const std::vector<ConversationChange>& changes) {
  return keep_all(changes,
                  "INSERT INTO conversations (id, created, updated, owner, state) VALUES (?, ?, ?, ?, ?)"
                  " ON CONFLICT (id) DO UPDATE SET"
                  " state = CASE WHEN ? AND excluded.updated >= updated THEN excluded.state ELSE state END,"
                  " updated = max(updated, excluded.updated) WHERE owner = excluded.owner",
                  "INSERT OR IGNORE INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
}

Result<Conversation> SqliteStore::load_conversation(const std::string& id, Millis ttl) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Result<Statement> head =
      db_->prepare("SELECT created, updated, owner, state FROM conversations WHERE id = ?");
  if (!head) return fail(head.error());
  const Result<bool> known = head->bind(id).step();
  if (!known) return fail(known.error());
  if (!*known || head->number(1) < oldest(ttl)) return forgotten(id);
  Conversation result{.id = id,
                      .owner = head->text(2),
                      .created = from_millis(head->number(0)),
                      .updated = from_millis(head->number(1)),
                      .turns = {},
                      .state = head->text(3)};
  Result<Statement> query = db_->prepare(
      "SELECT role, content, tool, provider, model, at FROM turns WHERE conversation = ? ORDER BY position");
  if (!query) return fail(query.error());
  query->bind(id);
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return fail(row.error());
    if (!*row) return result;
    result.turns.push_back({.role = query->text(0),
                            .content = query->text(1),
                            .tool = query->text(2),
                            .provider = query->text(3),
                            .model = query->text(4),
                            .at = from_millis(query->number(5))});
  }
}

Result<std::size_t> SqliteStore::expire_conversations(Millis ttl) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Result<Statement> remove = db_->prepare("DELETE FROM conversations WHERE updated < ?");
  if (!remove) return fail(remove.error());
  if (auto done = remove->bind(oldest(ttl)).run(); !done) return fail(done.error());
  return static_cast<std::size_t>(db_->changes());
}

Result<void> SqliteStore::save_run(const RunRecord& run) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Result<Statement> insert = db_->prepare("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  insert->bind(run.run_id).bind(run.title).bind(run.host).bind(run.version).bind(run.verdict);
  insert->bind(run.report_json).bind(to_millis(run.started)).bind(run.duration.count()).bind(run.exit_code);
  return insert->run();  // synchronous=FULL: the commit is on disk when this returns
}

Result<std::vector<RunRecord>> SqliteStore::runs(std::size_t most) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Result<Statement> query = db_->prepare(
      "SELECT run_id, title, host, version, verdict, report_json, started, duration, exit_code FROM runs"
      " ORDER BY started DESC, rowid DESC LIMIT ?");
  if (!query) return fail(query.error());
  query->bind(static_cast<std::int64_t>(most));
  std::vector<RunRecord> result;
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return fail(row.error());
    if (!*row) return result;
    result.push_back({.run_id = query->text(0),
                      .title = query->text(1),
                      .host = query->text(2),
                      .version = query->text(3),
                      .verdict = query->text(4),
                      .report_json = query->text(5),
                      .started = from_millis(query->number(6)),
                      .duration = Millis(query->number(7)),
                      .exit_code = static_cast<int>(query->number(8))});
  }
}

Result<void> SqliteStore::add_spend(const std::vector<SpendChange>& changes) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Transaction transaction(*db_);
  if (auto begun = transaction.begin(); !begun) return begun;
  Result<Statement> add = db_->prepare(
      "INSERT INTO spend VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, provider, model) DO UPDATE SET"
      " calls = calls + excluded.calls, prompt = prompt + excluded.prompt,"
      " completion = completion + excluded.completion, cached = cached + excluded.cached,"
      " nano_usd = nano_usd + excluded.nano_usd");
  if (!add) return fail(add.error());
  for (const SpendChange& row : changes) {
    add->reset().bind(row.day).bind(row.provider).bind(row.model).bind(row.calls).bind(row.prompt);
    add->bind(row.completion).bind(row.cached).bind(row.nano_usd);
    if (auto done = add->run(); !done) return done;
  }
  return transaction.commit();
}

Result<std::vector<SpendChange>> SqliteStore::spend_of(const std::string& day) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Result<Statement> query = db_->prepare(
      "SELECT provider, model, calls, prompt, completion, cached, nano_usd FROM spend WHERE day = ?"
      " ORDER BY provider, model");
  if (!query) return fail(query.error());
  query->bind(day);
  std::vector<SpendChange> rows;
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return fail(row.error());
    if (!*row) return rows;
    rows.push_back({.day = day,
                    .provider = query->text(0),
                    .model = query->text(1),
                    .calls = query->number(2),
                    .prompt = query->number(3),
                    .completion = query->number(4),
                    .cached = query->number(5),
                    .nano_usd = query->number(6)});
  }
}

Result<void> SqliteStore::keep_provider_file(const ProviderFile& file) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Result<Statement> insert =
      db_->prepare("INSERT OR REPLACE INTO provider_files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  insert->bind(file.provider).bind(file.id).bind(file.sha256).bind(file.purpose).bind(file.name);
  insert->bind(file.owner).bind(file.bytes).bind(to_millis(file.uploaded)).bind(to_millis(file.used));
  return insert->run();
}

Result<std::vector<ProviderFile>> SqliteStore::provider_files(const std::string& provider) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Result<Statement> query = db_->prepare(
      "SELECT id, sha256, purpose, name, owner, bytes, uploaded, used FROM provider_files"
      " WHERE provider = ? ORDER BY uploaded, id LIMIT 10000");
  if (!query) return fail(query.error());
  query->bind(provider);
  std::vector<ProviderFile> result;
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return fail(row.error());
    if (!*row) return result;
    result.push_back({.provider = provider,
                      .id = query->text(0),
                      .sha256 = query->text(1),
                      .purpose = query->text(2),
                      .name = query->text(3),
                      .owner = query->text(4),
                      .bytes = query->number(5),
                      .uploaded = from_millis(query->number(6)),
                      .used = from_millis(query->number(7))});
  }
}

Result<void> SqliteStore::forget_provider_file(const std::string& provider, const std::string& id) {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Result<Statement> remove = db_->prepare("DELETE FROM provider_files WHERE provider = ? AND id = ?");
  if (!remove) return fail(remove.error());
  return remove->bind(provider).bind(id).run();
}

Result<void> SqliteStore::ping() {
  const Result<Entry> entry = enter();
  if (!entry) return fail(entry.error());
  Result<Statement> query = db_->prepare("SELECT count(*) FROM schema_version");
  if (!query) return fail(query.error());
  return query->run();
}

}  // namespace
}  // namespace sqlite_store

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file, const Clock& clock) {
  Result<std::unique_ptr<Database>> db = Database::open(file);
  if (!db) return fail(db.error());
  if (auto migrated = (*db)->migrate(embedded::migrations()); !migrated) return fail(migrated.error());
  return std::make_unique<sqlite_store::SqliteStore>(std::move(*db), clock);
}

}  // namespace exai::store
