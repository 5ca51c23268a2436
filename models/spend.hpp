// What models cost: counted for each UTC day, held against the budgets, kept in the store behind the calls.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"
#include "models/catalogue.hpp"
#include "models/providers/provider.hpp"
#include "store/spend.hpp"
#include "store/write_behind.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace exai::models {

/// US dollars by the catalogue's prices; nothing where it has none.
std::optional<double> cost_of(const Model& model, const Usage& usage);

/// Thread-safe.
class Spend {
 public:
  /// `store` may be missing: then a day lasts as long as the process. `on_failure` gets what could not be
  /// saved yet (it is tried again); any thread.
  Spend(store::Spend* store, const Clock& clock, std::function<void(const Error&)> on_failure = {});

  /// `budget` when the day's or the request's budget forbids the question; the hint names the setting.
  Result<void> allow(const Config& config, const Model& model, long long prompt_tokens,
                     long long output_tokens);
  /// Counts an answer; its cost in dollars. What cost something is in the store when this returns, so that a
  /// killed process spends no budget twice; a store that fails or takes longer than a second is reported to
  /// `on_failure`, or waits behind the answer that is paid for.
  double count(const Model& model, const Usage& usage);
  /// True the first time only, for a model without a price.
  bool first_unpriced(const Model& model);
  /// Dollars of this UTC day, of one provider or all.
  [[nodiscard]] double today(std::string_view provider = {});
  /// Until then the last answers may be in memory only.
  void flush();

 private:
  void turn_day();
  void load();
  [[nodiscard]] double total(std::string_view provider) const;
  bool write(std::unique_lock<std::mutex>& lock);

  store::Spend* store_;
  const Clock& clock_;
  std::function<void(const Error&)> on_failure_;
  std::mutex mutex_;
  std::string day_;                                   // "2026-11-21"
  std::map<std::string, double, std::less<>> spent_;  // by provider
  std::vector<store::SpendChange> unwritten_;
  bool loaded_ = false;
  Steady load_again_{};  // when the store did not answer
  std::set<std::string, std::less<>> unpriced_;
  store::WriteBehind writer_;  // the last to begin and the first to end
};

}  // namespace exai::models
