#include "serve/exai_ws/state.hpp"

#include "core/text.hpp"
#include "io/random.hpp"
#include "serve/exai_ws/session.hpp"

#include <array>

namespace exai::serve::exai_ws {
namespace {

constexpr std::size_t k_min_token = 16;  // as ws.token
// Enough to tell sessions apart in a log, useless to take one over.
constexpr std::size_t k_shown_session = 8;

struct LevelRow {
  std::string_view code;
  io::LogLevel level;
};
constexpr std::array<LevelRow, 11> k_levels{{{"INVALID_REQUEST", io::LogLevel::info},
                                             {"PROTOCOL_ERROR", io::LogLevel::info},
                                             {"VALIDATION_ERROR", io::LogLevel::info},
                                             {"UNAUTHORIZED", io::LogLevel::info},
                                             {"NOT_FOUND", io::LogLevel::info},
                                             {"TOOL_NOT_FOUND", io::LogLevel::info},
                                             {"DUPLICATE", io::LogLevel::info},
                                             {"RESEND_PROMPT", io::LogLevel::info},
                                             {"CODE_TOO_LARGE", io::LogLevel::info},
                                             {"OVER_CAPACITY", io::LogLevel::warning},
                                             {"TIMEOUT", io::LogLevel::warning}}};

}  // namespace

io::LogLevel level_of(std::string_view code) {
  for (const auto& row : k_levels)
    if (row.code == code) return row.level;
  return io::LogLevel::error;
}

State::State(engine::Engine& engine_of_calls, engine::Background& beside_calls,
             const mcp::CurrentCatalogue& offered, auth::Guard& request_guard, Settings settings,
             io::Log* log)
    : engine(engine_of_calls),
      background(beside_calls),
      catalogue(offered),
      results(settings.results),
      guard(request_guard),
      settings_(std::make_shared<Settings>(std::move(settings))),
      token_(settings_->token),
      log_(log) {}

State::~State() = default;

Result<std::shared_ptr<Session>> State::open(const Principal& principal, bool resumable,
                                             std::string_view client) {
  if (sessions_.size() >= settings_->sessions) {
    std::shared_ptr<Session> oldest;
    for (const auto& [id, one] : sessions_)
      if (!one->attached() && (!oldest || one->detached_at() < oldest->detached_at())) oldest = one;
    if (!oldest) {
      Error error =
          make_error(ErrorKind::busy, "the daemon has " + std::to_string(settings_->sessions) + " sessions",
                     "close one, or raise ws.sessions");
      error.retry_after = engine.runtime()->config.duration("limits.retry_after");
      return fail(std::move(error));
    }
    oldest->end();
  }
  const std::string id = io::random_token(32);
  auto session = std::make_shared<Session>(*this, id, principal, resumable);
  sessions_.emplace(id, session);
  log_line(io::LogLevel::info, "daemon.session",
           "a session began" + (client.empty() ? "" : ", its client is " + quote_json(printable(client))),
           id);
  return session;
}

std::shared_ptr<Session> State::find(const std::string& id, const Principal& principal) const {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second->resumable()) return nullptr;
  return found->second->principal().name == principal.name ? found->second : nullptr;
}

void State::drop(const std::string& id) {
  sessions_.erase(id);
  results.drop(id);
}

void State::clear() {
  for (const auto& [id, session] : std::exchange(sessions_, {})) session->end();
}

bool State::owns(const std::optional<Sha256>& digest) const {
  if (!digest) return token_.empty();
  const auto same = [&digest](const Secret& token) {
    return !token.empty() && sha256(token.reveal()) == *digest;
  };
  return same(token_) || same(settings_->token);
}

Result<void> State::rotate(std::string_view old_token, std::string_view new_token, std::string_view session) {
  if (token_.empty())
    return fail(ErrorKind::config, "the daemon has no token, so there is none to rotate",
                "set EXAI_WS_TOKEN and restart");
  if (!token_.matches(old_token)) return fail(ErrorKind::refused, "old is not the daemon's token");
  if (new_token.size() < k_min_token) return fail(ErrorKind::invalid, "new must have 16 characters at least");
  token_ = Secret(std::string(new_token));
  log_line(io::LogLevel::warning, "daemon.token",
           "the token was rotated; it holds until a restart unless EXAI_WS_TOKEN is set to it", session);
  return {};
}

void State::reload(Settings settings) {
  // A rotated token stays until the setting itself says something new.
  if (!settings.token.matches(settings_->token.reveal())) token_ = settings.token;
  results.set_limits(settings.results, now());
  guard.reload(settings.rates);
  settings_ = std::make_shared<Settings>(std::move(settings));
}

void State::log_error(std::string_view code, std::string_view message, std::string_view session,
                      std::string_view request_id) const {
  if (log_ == nullptr) return;
  log_->write(level_of(code), "daemon.error", message,
              {{"code", std::string(code)},
               {"session", std::string(session.substr(0, k_shown_session))},
               {"request_id", printable(request_id.substr(0, 64))}});
}

void State::log_line(io::LogLevel level, std::string_view event, std::string_view message,
                     std::string_view session) const {
  if (log_ == nullptr) return;
  log_->write(level, event, message, {{"session", std::string(session.substr(0, k_shown_session))}});
}

Json State::health() const {
  const engine::ServerView& view = *engine.services().reach.view;
  const auto uptime = std::chrono::floor<std::chrono::seconds>(view.uptime());
  Json facts = {{"t", std::chrono::duration<double>(wall().time_since_epoch()).count()},
                {"uptime_human", format_duration(uptime)},
                {"sessions", sessions_.size()},
                {"tool_count", catalogue.get()->tools().size()}};
  facts["global_capacity"] = engine.services().in_flight.limit.load();
  facts["global_inflight"] = engine.services().in_flight.calls.load();
  return facts;
}

}  // namespace exai::serve::exai_ws
