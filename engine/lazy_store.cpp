#include "engine/lazy_store.hpp"

#include "core/file_names.hpp"
#include "io/journal.hpp"
#include "store/change_codec.hpp"

namespace exai::engine {
namespace {

/// The number of records that journals of killed processes held.
Result<std::size_t> recover_conversations(const std::filesystem::path& folder,
                                          store::Conversations& conversations) {
  const auto take = [&conversations](const std::vector<std::string>& records) -> Result<void> {
    std::vector<store::ConversationChange> changes;
    changes.reserve(records.size());
    for (const std::string& record : records) {
      if (record.empty()) continue;  // it only proved that one can be written
      Result<store::ConversationChange> change = store::decode_change(record);
      if (!change) return fail(change.error());
      changes.push_back(std::move(*change));
    }
    return conversations.restore(changes);
  };
  const Result<std::size_t> found = io::recover_journals(folder, take);
  if (!found) return fail(Error(found.error()).during("bringing in the journal of a server that was killed"));
  return *found;
}

}  // namespace

LazyStore::LazyStore(const store::Home& home, const Clock& clock) : home_(home) {
  const auto opened = [this, file = home.file](store::Store& store) -> Result<void> {
    if (file == ":memory:") return {};
    const Result<std::size_t> found = recover_conversations(folder_of(file), store.conversations());
    if (!found) return fail(found.error());
    recovered_ += *found;
    return {};
  };
  store_ = store::lazy_store(home, clock, opened);
}

}  // namespace exai::engine
