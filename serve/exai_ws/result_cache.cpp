#include "serve/exai_ws/result_cache.hpp"

namespace exai::serve::exai_ws {

const KeptResult* ResultCache::find(const std::string& name, Steady now) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  const Entries::iterator entry = found->second;
  if (now - entry->kept >= limits_.ttl) {
    erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return &entry->result;
}

void ResultCache::keep(const std::string& name, KeptResult result, Steady now) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) erase(found->second);
  Entry entry{name, std::move(result), now};
  if (limits_.ttl.count() == 0 || weight(entry) > limits_.bytes || limits_.count == 0) return;
  bytes_ += weight(entry);
  entries_.push_front(std::move(entry));
  by_name_.emplace(name, entries_.begin());
  make_room(now);
}

void ResultCache::drop(std::string_view prefix) {
  auto one = by_name_.lower_bound(prefix);
  while (one != by_name_.end() && one->first.starts_with(prefix)) {
    const Entries::iterator entry = one->second;
    ++one;
    erase(entry);
  }
}

void ResultCache::set_limits(ResultLimits limits, Steady now) {
  limits_ = limits;
  make_room(now);
}

void ResultCache::erase(Entries::iterator entry) {
  bytes_ -= weight(*entry);
  by_name_.erase(entry->name);
  entries_.erase(entry);
}

void ResultCache::make_room(Steady now) {
  // What nobody used for long is usually over its time too, so the tail is where the old ones gather.
  while (!entries_.empty() && (entries_.size() > limits_.count || bytes_ > limits_.bytes ||
                               now - entries_.back().kept >= limits_.ttl))
    erase(std::prev(entries_.end()));
}

std::uint64_t ResultCache::weight(const Entry& entry) {
  // The body is counted for each name it stands under: the bound must hold when only one of them is left.
  return entry.name.size() * 2 + entry.result.call.size() + entry.result.body->size() + sizeof(Entry);
}

}  // namespace exai::serve::exai_ws
