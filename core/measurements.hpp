// What one run has measured: each fact once, whoever asks for it.
#pragma once

#include "core/deadline.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <typeindex>
#include <utility>

namespace exai {

/// Who asks for a fact: until when it waits for another thread that is measuring it already.
struct Asker {
  const Clock& clock;
  Deadline deadline;
  std::stop_token stop;
};

/// Thread-safe. A fact belongs to a key ("http://127.0.0.1:8000/metrics") and its type. Who asks first
/// measures, the others wait for it. A measurement that was cut short by the time of who made it says little
/// about the world: it serves those whose time is over too, and the next one who has time measures anew.
class Measurements {
 public:
  /// `measure` gives the fact; `whole` tells a measurement from one that was cut short.
  template <class Fact>
  std::shared_ptr<const Fact> once(const std::string& key, const Asker& asker,
                                   const std::function<Fact()>& measure,
                                   const std::function<bool(const Fact&)>& whole) {
    const Key full{typeid(Fact), key};
    const Claim claim = take(full, asker);
    if (claim.fact) return std::static_pointer_cast<const Fact>(claim.fact);
    Settling settling{*this, full, claim.mine};
    auto fact = std::make_shared<const Fact>(measure());
    (whole(*fact) ? settling.fact : settling.cut_short) = fact;
    return fact;
  }

  /// Everything is measured anew from here on: something has changed the world. Nobody may be measuring.
  void forget();

 private:
  using Key = std::pair<std::type_index, std::string>;
  struct Entry {
    std::shared_ptr<const void> fact, cut_short;
    bool being_measured = false;
  };
  /// The fact, or the task to measure it; `mine`: the others wait for it.
  struct Claim {
    std::shared_ptr<const void> fact;
    bool mine = false;
  };
  /// Ends the waiting of the others, also where a measurement throws.
  struct Settling {
    Measurements& all;
    const Key& key;
    bool mine;
    std::shared_ptr<const void> fact{}, cut_short{};
    ~Settling() {
      if (mine) all.settle(key, {std::move(fact), std::move(cut_short)});
    }
  };

  Claim take(const Key& key, const Asker& asker);
  void settle(const Key& key, Entry measured);

  std::mutex mutex_;
  std::condition_variable_any settled_;
  std::map<Key, Entry> entries_;
};

}  // namespace exai
