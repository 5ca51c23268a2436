// Self-registration: a record declared in its own file is found by everyone, and no list elsewhere names it.
#pragma once

#include <algorithm>
#include <cassert>
#include <string_view>
#include <vector>

namespace exai {

/// A record of type R that links itself into one list per type when constructed at namespace scope:
///
///     const Registered<Check> k_check{Check{.id = "disk.logs", ...}};
///
/// The head is constant-initialised and nothing is allocated, so the order of static initialisation does not
/// matter. Folders are OBJECT libraries, so the linker keeps every record.
template <class R>
class Registered {
 public:
  explicit Registered(R record) : record_(std::move(record)), next_(head_) {
    assert(!listed_ && "records register before anyone asks for them");
    head_ = this;
  }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;
  Registered(Registered&&) = delete;
  Registered& operator=(Registered&&) = delete;
  ~Registered() = default;

  [[nodiscard]] const R& record() const { return record_; }

  /// All records of the type, sorted by their name() so that every listing has one order. Sorted at the first
  /// call, which no record may make while it is constructed.
  static const std::vector<const R*>& all() {
    static const std::vector<const R*> k_sorted = sorted();
    return k_sorted;
  }

  /// The record of that name, or nullptr.
  static const R* find(std::string_view name) {
    const std::vector<const R*>& records = all();
    const auto at =
        std::lower_bound(records.begin(), records.end(), name,
                         [](const R* record, std::string_view wanted) { return record->name() < wanted; });
    return at != records.end() && (*at)->name() == name ? *at : nullptr;
  }

 private:
  static std::vector<const R*> sorted() {
    listed_ = true;
    std::vector<const R*> records;
    for (const Registered* item = head_; item != nullptr; item = item->next_)
      records.push_back(&item->record_);
    std::sort(records.begin(), records.end(), [](const R* a, const R* b) { return a->name() < b->name(); });
    return records;
  }

  R record_;
  const Registered* next_;
  static inline constinit const Registered* head_ = nullptr;
  static inline constinit bool listed_ = false;
};

}  // namespace exai
