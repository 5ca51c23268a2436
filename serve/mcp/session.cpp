#include "serve/mcp/session.hpp"

namespace exai::serve::mcp {

SessionTable::SessionTable(SessionLimits limits, const Clock& clock, std::function<std::string()> make_id,
                           std::function<void(const std::shared_ptr<Session>&)> on_gone)
    : limits_(limits), clock_(clock), make_id_(std::move(make_id)), on_gone_(std::move(on_gone)) {}

std::shared_ptr<Session> SessionTable::open(engine::Principal principal, std::string version,
                                            engine::ClientFacts client) {
  expire();
  while (sessions_.size() >= limits_.most && !sessions_.empty()) forget(sessions_.begin());
  auto session = std::make_shared<Session>();
  session->id = make_id_();
  session->principal = std::move(principal);
  session->version = std::move(version);
  session->client = std::move(client);
  session->used = clock_.steady();
  sessions_.push_back(session);
  by_id_.emplace(session->id, std::prev(sessions_.end()));
  return session;
}

std::shared_ptr<Session> SessionTable::use(std::string_view id, std::string_view principal) {
  expire();
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || (*found->second)->principal.name != principal) return nullptr;
  (*found->second)->used = clock_.steady();
  sessions_.splice(sessions_.end(), sessions_, found->second);
  return *found->second;
}

bool SessionTable::close(std::string_view id, std::string_view principal) {
  if (use(id, principal) == nullptr) return false;
  forget(by_id_.find(id)->second);
  return true;
}

void SessionTable::expire() {
  const Steady now = clock_.steady();
  while (!sessions_.empty() && sessions_.front()->used <= now - limits_.idle) {
    const std::shared_ptr<Session>& first = sessions_.front();
    if (!first->channel || !first->channel->listening()) {
      forget(sessions_.begin());
      continue;
    }
    first->used = now;
    sessions_.splice(sessions_.end(), sessions_, sessions_.begin());
  }
}

void SessionTable::end_if(const std::function<bool(const Session&)>& over) {
  for (auto one = sessions_.begin(); one != sessions_.end();) {
    const auto session = one++;
    if (over(**session)) forget(session);
  }
}

void SessionTable::close_all() {
  while (!sessions_.empty()) forget(sessions_.begin());
}

void SessionTable::forget(List::iterator session) {
  const std::shared_ptr<Session> gone = *session;
  by_id_.erase(gone->id);
  sessions_.erase(session);
  if (on_gone_) on_gone_(gone);
}

}  // namespace exai::serve::mcp
