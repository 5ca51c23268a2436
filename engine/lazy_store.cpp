#include "engine/lazy_store.hpp"

#include "io/journal.hpp"
#include "store/change_codec.hpp"

namespace exai::engine {

Result<store::Store*> LazyStore::opened() {
  const std::scoped_lock lock(mutex_);
  if (!store_) {
    Result<std::unique_ptr<store::Store>> opened = store::open_sqlite(file_, clock_);
    if (!opened) return fail(opened.error());
    if (const Result<void> recovered = recover(**opened); !recovered) return fail(recovered.error());
    store_ = std::move(*opened);
  }
  return store_.get();
}

Result<void> LazyStore::recover(store::Store& store) {
  if (file_ == ":memory:") return {};
  const auto take = [&store](const std::vector<std::string>& records) -> Result<void> {
    std::vector<store::ConversationChange> changes;
    changes.reserve(records.size());
    for (const std::string& record : records) {
      if (record.empty()) continue;  // whether one could be written was all it said
      Result<store::ConversationChange> change = store::decode_change(record);
      if (!change) return fail(change.error());
      changes.push_back(std::move(*change));
    }
    return store.restore_conversations(changes);
  };
  const Result<std::size_t> found = io::recover_journals(file_.parent_path(), take);
  if (!found) return fail(Error(found.error()).during("bringing in the journal of a server that was killed"));
  recovered_ += *found;
  return {};
}

std::size_t LazyStore::recovered() const {
  const std::scoped_lock lock(mutex_);
  return recovered_;
}

Result<void> LazyStore::restore_conversations(const std::vector<store::ConversationChange>& changes) {
  const auto store = opened();
  if (!store) return fail(store.error());
  return (*store)->restore_conversations(changes);
}

Result<void> LazyStore::keep_conversations(const std::vector<store::ConversationChange>& changes) {
  const auto store = opened();
  if (!store) return fail(store.error());
  return (*store)->keep_conversations(changes);
}

Result<store::Conversation> LazyStore::load_conversation(const std::string& id, Millis ttl) {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->load_conversation(id, ttl);
}

Result<std::size_t> LazyStore::expire_conversations(Millis ttl) {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->expire_conversations(ttl);
}

Result<void> LazyStore::save_run(const store::RunRecord& run) {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->save_run(run);
}

Result<std::vector<store::RunRecord>> LazyStore::runs(std::size_t most) {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->runs(most);
}

Result<void> LazyStore::add_spend(const std::vector<store::SpendChange>& changes) {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->add_spend(changes);
}

Result<std::vector<store::SpendChange>> LazyStore::spend_of(const std::string& day) {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->spend_of(day);
}

Result<void> LazyStore::keep_provider_file(const store::ProviderFile& file) {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->keep_provider_file(file);
}

Result<std::vector<store::ProviderFile>> LazyStore::provider_files(const std::string& provider) {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->provider_files(provider);
}

Result<void> LazyStore::forget_provider_file(const std::string& provider, const std::string& id) {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->forget_provider_file(provider, id);
}

Result<void> LazyStore::ping() {
  const Result<store::Store*> store = opened();
  if (!store) return fail(store.error());
  return (*store)->ping();
}

}  // namespace exai::engine
