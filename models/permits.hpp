// Permits of the providers, taken inside the worker and given back by scope.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace exai::models {

class ProviderPermits;

/// One permit; returned when it goes out of scope, so none is ever lost or repaired.
class Permit {
 public:
  Permit(Permit&& other) noexcept : owner_(other.owner_), provider_(std::move(other.provider_)) {
    other.owner_ = nullptr;
  }
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  Permit& operator=(Permit&&) = delete;
  ~Permit();

 private:
  friend class ProviderPermits;
  Permit(ProviderPermits& owner, std::string provider) : owner_(&owner), provider_(std::move(provider)) {}
  ProviderPermits* owner_;
  std::string provider_;
};

class ProviderPermits {
 public:
  /// Waits until `until` at most; `busy` then, `cancelled` when asked to stop. A provider without a limit has
  /// one of 1.
  Result<Permit> acquire(const std::string& provider, Deadline until, const std::stop_token& stop,
                         Millis retry_after);
  void set_limit(const std::string& provider, int limit);

  struct Row {
    std::string provider;
    int in_use = 0, limit = 1;
  };
  [[nodiscard]] std::vector<Row> rows() const;

 private:
  friend class Permit;
  struct Slot {
    int in_use = 0, limit = 1;
  };
  void give_back(const std::string& provider);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Slot> slots_;
};

}  // namespace exai::models
