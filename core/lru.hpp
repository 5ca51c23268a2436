// A map that forgets: bounded in number and in weight, what was used longest ago goes first. Pure: the time
// is handed in.
#pragma once

#include "core/deadline.hpp"

#include <cstdint>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace exai {

struct LruLimits {
  static constexpr std::size_t k_any = std::numeric_limits<std::size_t>::max();
  static constexpr Millis k_forever = std::chrono::hours(24 * 36525);

  std::size_t entries = k_any;
  std::size_t weight = k_any;  ///< the sum of what put() was given: bytes as a rule
  Millis ttl = k_forever;      ///< since put(); zero keeps nothing
};

/// How keys are found: `ordered` where all that begin alike must be found together.
enum class LruIndex : std::uint8_t { hashed, ordered };

/// Not thread-safe. References and iterators stay valid until their own entry goes. A lookup allocates
/// nothing; an entry is two pieces of memory beside its key and its value.
template <class Value, LruIndex index_kind = LruIndex::hashed>
class Lru {
 public:
  struct Entry {
    std::string key;
    Value value;
    Steady born{};
    std::size_t weight = 0;
  };
  using Entries = std::list<Entry>;
  using iterator = typename Entries::iterator;
  using const_iterator = typename Entries::const_iterator;

  explicit Lru(LruLimits limits = {}) : limits_(limits) {}
  Lru(const Lru&) = delete;  // the index points into the entries
  Lru& operator=(const Lru&) = delete;

  /// The entry, used by that; nullptr when there is none or its time is over, which removes it.
  Value* use(std::string_view key, Steady now = {}) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    const iterator entry = found->second;
    if (expired(*entry, now)) {
      erase(entry);
      return nullptr;
    }
    touch(entry);
    return &entry->value;
  }

  /// Replaces what stands under the key, as used last; then the others make room. nullptr when it can never
  /// fit: nothing stands under the key then.
  Value* put(std::string key, Value value, Steady now = {}, std::size_t weight = 0) {
    if (const auto old = index_.find(key); old != index_.end()) erase(old->second);
    if (limits_.entries == 0 || weight > limits_.weight || limits_.ttl.count() <= 0) return nullptr;
    entries_.push_back({std::move(key), std::move(value), now, weight});
    const iterator entry = std::prev(entries_.end());
    index_.emplace(entry->key, entry);
    weight_ += weight;
    trim(now);
    return &entry->value;
  }

  bool erase(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return false;
    erase(found->second);
    return true;
  }
  /// The entry after it.
  iterator erase(iterator entry) {
    weight_ -= entry->weight;
    index_.erase(entry->key);
    return entries_.erase(entry);
  }
  /// All whose key begins like this.
  void erase_prefix(std::string_view prefix) requires(index_kind == LruIndex::ordered) {
    auto one = index_.lower_bound(prefix);
    while (one != index_.end() && one->first.starts_with(prefix)) erase((one++)->second);
  }
  void clear() {
    index_.clear();
    entries_.clear();
    weight_ = 0;
  }

  /// For what comes from now on; what is too much goes at once.
  void set_limits(LruLimits limits, Steady now = {}) {
    limits_ = limits;
    trim(now);
  }
  /// Removes what is too much. Of what is over its time only the end: what nobody used for long is usually
  /// there, and a walk through all of it would cost each put().
  void trim(Steady now) {
    while (!entries_.empty() &&
           (entries_.size() > limits_.entries || weight_ > limits_.weight || expired(entries_.front(), now)))
      erase(entries_.begin());
  }
  /// All of what is over its time.
  void erase_expired(Steady now) {
    for (iterator entry = entries_.begin(); entry != entries_.end();)
      entry = expired(*entry, now) ? erase(entry) : std::next(entry);
  }

  /// Without using it, whatever its age; end() when there is none.
  [[nodiscard]] iterator find(std::string_view key) {
    const auto found = index_.find(key);
    return found == index_.end() ? entries_.end() : found->second;
  }
  [[nodiscard]] const_iterator find(std::string_view key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? entries_.end() : const_iterator(found->second);
  }
  /// It was used last.
  void touch(iterator entry) { entries_.splice(entries_.end(), entries_, entry); }
  /// Used longest ago first.
  [[nodiscard]] iterator begin() { return entries_.begin(); }
  [[nodiscard]] iterator end() { return entries_.end(); }
  [[nodiscard]] const_iterator end() const { return entries_.end(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t weight() const { return weight_; }
  [[nodiscard]] const LruLimits& limits() const { return limits_; }

 private:
  [[nodiscard]] bool expired(const Entry& entry, Steady now) const { return now - entry.born >= limits_.ttl; }

  using Index = std::conditional_t<index_kind == LruIndex::ordered, std::map<std::string_view, iterator>,
                                   std::unordered_map<std::string_view, iterator>>;
  LruLimits limits_;
  Entries entries_;
  Index index_;  // its keys are those of the entries
  std::size_t weight_ = 0;
};

}  // namespace exai
