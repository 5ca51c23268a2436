#include "models/permits.hpp"

namespace exai::models {

Permit::~Permit() {
  if (owner_ != nullptr) owner_->give_back(provider_);
}

Result<Permit> ProviderPermits::acquire(const std::string& provider, Deadline until,
                                        const std::stop_token& stop, Millis retry_after) {
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[provider];
  const bool got = changed_.wait_until(lock, stop, until.at(), [&] { return slot.in_use < slot.limit; });
  if (!got) {
    if (stop.stop_requested())
      return fail(ErrorKind::cancelled, "cancelled while waiting for a permit of " + provider);
    Error error = make_error(ErrorKind::busy, "all " + std::to_string(slot.limit) + " permits of provider " +
                                                  provider + " are in use");
    error.retry_after = retry_after;
    return fail(std::move(error).try_this("try again later, or raise limits." + provider));
  }
  ++slot.in_use;
  return Permit(*this, provider);
}

void ProviderPermits::set_limit(const std::string& provider, int limit) {
  const std::scoped_lock lock(mutex_);
  slots_[provider].limit = limit;
  changed_.notify_all();
}

std::vector<ProviderPermits::Row> ProviderPermits::rows() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Row> rows;
  for (const auto& [name, slot] : slots_) rows.push_back({name, slot.in_use, slot.limit});
  return rows;
}

void ProviderPermits::give_back(const std::string& provider) {
  const std::scoped_lock lock(mutex_);
  --slots_[provider].in_use;
  changed_.notify_all();
}

}  // namespace exai::models
