#include "serve/protocol/session.hpp"

namespace exai::serve {

SessionTable::SessionTable(SessionLimits limits, const Clock& clock, std::function<std::string()> make_id,
                           std::function<void(const std::string&)> on_gone)
    : limits_(limits), clock_(clock), make_id_(std::move(make_id)), on_gone_(std::move(on_gone)) {}

const Session& SessionTable::open(std::string principal, std::string version, std::string client) {
  expire();
  while (sessions_.size() >= limits_.most && !sessions_.empty()) forget(sessions_.begin());
  Session session{make_id_(), std::move(principal), std::move(version), std::move(client), clock_.steady()};
  sessions_.push_back(std::move(session));
  const auto last = std::prev(sessions_.end());
  by_id_.emplace(last->id, last);
  return *last;
}

const Session* SessionTable::use(std::string_view id, std::string_view principal) {
  expire();
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || found->second->principal != principal) return nullptr;
  found->second->used = clock_.steady();
  sessions_.splice(sessions_.end(), sessions_, found->second);
  return &*found->second;
}

bool SessionTable::close(std::string_view id, std::string_view principal) {
  if (use(id, principal) == nullptr) return false;
  forget(by_id_.find(id)->second);
  return true;
}

void SessionTable::expire() {
  const Steady oldest = clock_.steady() - limits_.idle;
  while (!sessions_.empty() && sessions_.front().used <= oldest) forget(sessions_.begin());
}

void SessionTable::forget(List::iterator session) {
  const std::string id = session->id;
  by_id_.erase(session->id);
  sessions_.erase(session);
  if (on_gone_) on_gone_(id);
}

}  // namespace exai::serve
