// Results that were given, for those who ask again: bounded by count and bytes, the one
// used longest ago goes first. Pure: the time is handed in.
#pragma once

#include "core/deadline.hpp"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace exai::serve::exai_ws {

struct ResultLimits {
  std::size_t count = 1000;
  std::uint64_t bytes = std::uint64_t{64} << 20U;
  Millis ttl{600000};  ///< zero keeps nothing
};

/// An answer without what is its receiver's own (frames::finish adds that), and the call that it answers.
struct KeptResult {
  std::shared_ptr<const std::string> body;
  std::string call;  ///< key of tool, arguments and model
};

class ResultCache {
 public:
  explicit ResultCache(ResultLimits limits) : limits_(limits) {}

  /// Nothing when it was never kept, is too old or had to make room. `name` begins with its owner's.
  const KeptResult* find(const std::string& name, Steady now);
  /// Replaces what was kept under the name. Larger than all room: not kept.
  void keep(const std::string& name, KeptResult result, Steady now);
  /// Forgets all whose name begins like this: their session has ended.
  void drop(std::string_view prefix);
  void set_limits(ResultLimits limits, Steady now);
  [[nodiscard]] std::size_t size() const { return by_name_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string name;
    KeptResult result;
    Steady kept;
  };
  using Entries = std::list<Entry>;
  void erase(Entries::iterator entry);
  void make_room(Steady now);
  static std::uint64_t weight(const Entry& entry);

  ResultLimits limits_;
  Entries entries_;  // used last in front
  std::map<std::string, Entries::iterator, std::less<>> by_name_;
  std::uint64_t bytes_ = 0;
};

}  // namespace exai::serve::exai_ws
