// Circuit breakers: a model that keeps failing gets no calls for a while. Decisions
// only; time is handed in, nothing is asked here.
#pragma once

#include "core/deadline.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace exai::models {

enum class Circuit : std::uint8_t { closed = 0, open = 1, half_open = 2 };
std::string_view to_string(Circuit state);

struct CircuitRules {
  bool enabled = true;
  int failures = 4;      ///< in a row
  Millis reset{120000};  ///< open for so long before one call may try
};

/// One breaker for each provider and model. Thread-safe. Only what failed lately is kept, so names that a
/// caller makes up cost nothing.
class Breakers {
 public:
  struct Row {
    std::string provider, model;
    Circuit state = Circuit::closed;
    int failures = 0;
    Millis retry_after{0};  ///< until one call may try; 0 when it may now
  };
  /// Observes every change of state, under no lock.
  using ChangeObserver = std::function<void(const Row& now, Circuit before)>;
  explicit Breakers(ChangeObserver on_change = {}) : on_change_(std::move(on_change)) {}

  /// What a call may do.
  struct Entry {
    bool allowed = true;
    bool probe = false;  ///< the one call that tries a half-open circuit
    Millis retry_after{0};
    int failures = 0;
  };
  Entry enter(std::string_view provider, std::string_view model, const CircuitRules& rules, Steady now);
  /// Whether a call would be refused now.
  [[nodiscard]] bool is_open(std::string_view provider, std::string_view model, Steady now) const;
  // How the call went that entered.
  void succeeded(std::string_view provider, std::string_view model, Steady now);
  void failed(std::string_view provider, std::string_view model, const CircuitRules& rules, Steady now);
  /// It proves nothing about the provider: cancelled, or refused for the caller's mistake.
  void left(std::string_view provider, std::string_view model, bool probe);

  /// Another server found that this model fails: it is not asked here either, unless more is known here.
  void opened_elsewhere(std::string_view provider, std::string_view model, int failures, Millis left,
                        Steady now);
  /// Circuits that opened here or closed again since the last call of this, each as it is now; `retry_after`
  /// is zero for one that closed.
  std::vector<Row> changes(Steady now);

  /// Those that are open, half-open or have failed lately.
  [[nodiscard]] std::vector<Row> rows(Steady now) const;

 private:
  struct State {
    Circuit state = Circuit::closed;
    int failures = 0;
    Steady until{};
    bool probing = false;
  };
  using Key = std::pair<std::string, std::string>;
  /// With the lock held: what changes() will tell.
  void note(const Key& key);
  static Row row_of(const Key& key, const State& state, Steady now);
  void make_room();

  ChangeObserver on_change_;
  mutable std::mutex mutex_;
  std::map<Key, State> states_;
  std::set<Key> changed_;  ///< bounded as the states are; nobody may ever ask
};

}  // namespace exai::models
