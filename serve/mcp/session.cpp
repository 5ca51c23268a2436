#include "serve/mcp/session.hpp"

namespace exai::serve::mcp {

SessionTable::SessionTable(SessionLimits limits, const Clock& clock, std::function<std::string()> make_id,
                           std::function<void(const std::shared_ptr<Session>&)> on_gone)
    : limits_(limits), clock_(clock), make_id_(std::move(make_id)), on_gone_(std::move(on_gone)) {}

std::shared_ptr<Session> SessionTable::open(Principal principal, std::string version,
                                            engine::ClientFacts client) {
  expire();
  while (sessions_.size() >= limits_.max && !sessions_.empty()) drop(sessions_.begin());
  auto session = std::make_shared<Session>();
  session->id = make_id_();
  session->principal = std::move(principal);
  session->version = std::move(version);
  session->client = std::move(client);
  session->used = clock_.steady();
  sessions_.put(session->id, session);
  return session;
}

std::shared_ptr<Session> SessionTable::use(std::string_view id, std::string_view principal) {
  expire();
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->value->principal.name != principal) return nullptr;
  found->value->used = clock_.steady();
  sessions_.touch(found);
  return found->value;
}

bool SessionTable::close(std::string_view id, std::string_view principal) {
  if (use(id, principal) == nullptr) return false;
  drop(sessions_.find(id));
  return true;
}

void SessionTable::expire() {
  const Steady now = clock_.steady();
  while (!sessions_.empty()) {
    const auto first = sessions_.begin();
    Session& session = *first->value;
    if (session.used > now - limits_.idle) return;
    if (!session.channel || !session.channel->listening()) {
      drop(first);
      continue;
    }
    session.used = now;
    sessions_.touch(first);
  }
}

void SessionTable::end_if(const std::function<bool(const Session&)>& over) {
  for (auto one = sessions_.begin(); one != sessions_.end();) {
    const auto session = one++;
    if (over(*session->value)) drop(session);
  }
}

void SessionTable::close_all() {
  while (!sessions_.empty()) drop(sessions_.begin());
}

void SessionTable::drop(Sessions::iterator session) {
  const std::shared_ptr<Session> gone = session->value;
  sessions_.erase(session);
  if (on_gone_) on_gone_(gone);
}

}  // namespace exai::serve::mcp
