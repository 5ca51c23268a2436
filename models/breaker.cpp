#include "models/breaker.hpp"

#include <algorithm>

namespace exai::models {
namespace {
constexpr std::size_t k_max_states = 256;
}  // namespace

std::string_view to_string(Circuit state) {
  switch (state) {
    case Circuit::closed:
      return "closed";
    case Circuit::open:
      return "open";
    case Circuit::half_open:
      return "half_open";
  }
  return "closed";
}

Breakers::Row Breakers::row_of(const Key& key, const State& state, Steady now) {
  Row row{key.first, key.second, state.state, state.failures, Millis{0}};
  if (state.state == Circuit::open && state.until > now)
    row.retry_after = std::chrono::ceil<Millis>(state.until - now);
  return row;
}

Breakers::Entry Breakers::enter(std::string_view provider, std::string_view model, const CircuitRules& rules,
                                Steady now) {
  if (!rules.enabled) return {};
  Entry entry;
  Row changed;
  {
    const std::scoped_lock lock(mutex_);
    if (states_.empty()) return entry;
    const auto found = states_.find(Key(provider, model));
    if (found == states_.end() || found->second.state == Circuit::closed) return entry;
    State& state = found->second;
    entry.failures = state.failures;
    if (state.state == Circuit::open && state.until > now) {
      entry.allowed = false;
      entry.retry_after = std::chrono::ceil<Millis>(state.until - now);
      return entry;
    }
    if (state.probing) {
      entry.allowed = false;
      entry.retry_after = Millis{1000};
      return entry;
    }
    state.probing = entry.probe = true;
    if (state.state == Circuit::half_open) return entry;
    state.state = Circuit::half_open;
    changed = row_of(found->first, state, now);
  }
  if (on_change_) on_change_(changed, Circuit::open);
  return entry;
}

bool Breakers::is_open(std::string_view provider, std::string_view model, Steady now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = states_.find(Key(provider, model));
  return found != states_.end() && found->second.state == Circuit::open && found->second.until > now;
}

void Breakers::succeeded(std::string_view provider, std::string_view model, Steady /*now*/) {
  Row changed;
  Circuit before = Circuit::closed;
  {
    const std::scoped_lock lock(mutex_);
    if (states_.empty()) return;
    const auto found = states_.find(Key(provider, model));
    if (found == states_.end()) return;
    before = found->second.state;
    changed = {found->first.first, found->first.second, Circuit::closed, 0, Millis{0}};
    if (before != Circuit::closed) note(found->first);
    states_.erase(found);
  }
  if (before != Circuit::closed && on_change_) on_change_(changed, before);
}

void Breakers::note(const Key& key) {
  if (changed_.size() < k_max_states) changed_.insert(key);
}

void Breakers::make_room() {
  if (states_.size() < k_max_states) return;
  const auto idle = std::find_if(states_.begin(), states_.end(),
                                 [](const auto& item) { return item.second.state == Circuit::closed; });
  states_.erase(idle != states_.end() ? idle : states_.begin());
}

void Breakers::failed(std::string_view provider, std::string_view model, const CircuitRules& rules,
                      Steady now) {
  if (!rules.enabled) return;
  Row changed;
  Circuit before = Circuit::closed;
  {
    const std::scoped_lock lock(mutex_);
    const Key key(provider, model);
    auto found = states_.find(key);
    if (found == states_.end()) {
      make_room();
      found = states_.emplace(key, State{}).first;
    }
    State& state = found->second;
    before = state.state;
    ++state.failures;
    // A call that began before the circuit opened adds nothing.
    if (state.state == Circuit::open) return;
    const bool opens = state.state == Circuit::half_open || state.failures >= rules.failures;
    if (!opens) return;
    state.probing = false;
    state.state = Circuit::open;
    state.until = now + rules.reset;
    note(key);
    changed = row_of(found->first, state, now);
  }
  if (on_change_) on_change_(changed, before);
}

void Breakers::left(std::string_view provider, std::string_view model, bool probe) {
  if (!probe) return;
  const std::scoped_lock lock(mutex_);
  const auto found = states_.find(Key(provider, model));
  if (found != states_.end()) found->second.probing = false;
}

void Breakers::opened_elsewhere(std::string_view provider, std::string_view model, int failures, Millis left,
                                Steady now) {
  Row changed;
  {
    const std::scoped_lock lock(mutex_);
    const Key key(provider, model);
    auto found = states_.find(key);
    if (found != states_.end() && found->second.state != Circuit::closed) return;
    // Closed here a moment ago, and the others have not heard of it yet.
    if (changed_.find(key) != changed_.end()) return;
    if (found == states_.end()) {
      make_room();
      found = states_.emplace(key, State{}).first;
    }
    found->second = {Circuit::open, failures, now + left, false};
    changed = row_of(found->first, found->second, now);
  }
  if (on_change_) on_change_(changed, Circuit::closed);
}

std::vector<Breakers::Row> Breakers::changes(Steady now) {
  const std::scoped_lock lock(mutex_);
  std::vector<Row> rows;
  for (const Key& key : changed_) {
    const auto found = states_.find(key);
    if (found != states_.end() && found->second.state != Circuit::closed)
      rows.push_back(row_of(found->first, found->second, now));
    else
      rows.push_back({key.first, key.second, Circuit::closed, 0, Millis{0}});
  }
  changed_.clear();
  return rows;
}

std::vector<Breakers::Row> Breakers::rows(Steady now) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Row> rows;
  for (const auto& [key, state] : states_) rows.push_back(row_of(key, state, now));
  return rows;
}

}  // namespace exai::models
