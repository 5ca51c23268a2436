// The conversation store, opened by the first call that needs it, on that call's thread: starting costs
// nothing. Opening it also brings in what processes that were killed had promised and not brought there.
#pragma once

#include "store/store.hpp"

#include <filesystem>
#include <memory>
#include <mutex>

namespace exai::engine {

class LazyStore final : public store::Store {
 public:
  LazyStore(std::filesystem::path file, const Clock& clock) : file_(std::move(file)), clock_(clock) {}

  /// Conversations that were in journals of killed processes and are in the store now.
  [[nodiscard]] std::size_t recovered() const;

  Result<void> keep_conversations(const std::vector<store::ConversationChange>& changes) override;
  Result<void> restore_conversations(const std::vector<store::ConversationChange>& changes) override;
  Result<store::Conversation> load_conversation(const std::string& id, Millis ttl) override;
  Result<std::size_t> expire_conversations(Millis ttl) override;
  Result<void> save_run(const store::RunRecord& run) override;
  Result<std::vector<store::RunRecord>> runs(std::size_t most) override;
  Result<void> add_spend(const std::vector<store::SpendChange>& changes) override;
  Result<std::vector<store::SpendChange>> spend_of(const std::string& day) override;
  Result<void> keep_provider_file(const store::ProviderFile& file) override;
  Result<std::vector<store::ProviderFile>> provider_files(const std::string& provider) override;
  Result<void> forget_provider_file(const std::string& provider, const std::string& id) override;
  Result<void> ping() override;

 private:
  /// The opened store; a failure is told to this caller and tried again by the next.
  Result<store::Store*> opened();
  Result<void> recover(store::Store& store);

  std::filesystem::path file_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unique_ptr<store::Store> store_;
  std::size_t recovered_ = 0;
};

}  // namespace exai::engine
