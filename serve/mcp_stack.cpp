#include "serve/mcp_stack.hpp"

#include "io/random.hpp"

namespace exai::serve {
namespace {

constexpr Millis k_sweep_every{30000};

mcp::StateSeal state_seal(const Config& config) {
  Secret key = config.secret("mcp.state_key");
  return mcp::StateSeal(key.empty() ? Secret(io::random_token(32)) : std::move(key));
}

std::string new_id() {
  return io::random_token(24);
}

}  // namespace

mcp::SessionLimits session_limits(const Config& config) {
  return {static_cast<std::size_t>(config.integer("limits.sessions")),
          config.duration("limits.session_idle")};
}

mcp::CatalogueExtras catalogue_extras(const Config& config, std::vector<tools::Document> documents) {
  return {std::move(documents),
          static_cast<std::size_t>(config.integer("mcp.page_size")),
          {},
          config.text("tools.schemas") == "full",
          config.text("tools.prompts") == "all"};
}

McpStack::McpStack(const mcp::CurrentCatalogue& catalogue, const mcp::McpWriter& writer,
                   engine::Engine& engine, const Config& config, const Clock& clock)
    : dispatcher(catalogue, writer),
      service(dispatcher, engine, state_seal(config), mcp::service_limits(config), new_id),
      sessions(session_limits(config), clock, new_id,
               [this](const std::shared_ptr<mcp::Session>& session) {
                 service.drop(session->id);
                 if (session->channel) session->channel->end();
               }),
      http(service, sessions),
      sse(service, new_id, static_cast<std::size_t>(config.integer("limits.streams"))),
      loop_(engine.services().loop) {
  sweep_later();
}

void McpStack::sweep_later() {
  sweep_ = loop_.after(k_sweep_every, [this] {
    sessions.expire();
    end_retired_sessions();
    sweep_later();
  });
}

void McpStack::judge_sessions(std::function<net::PassState(const net::Pass&)> state) {
  state_of_ = std::move(state);
}

void McpStack::end_retired_sessions() {
  if (!state_of_) return;
  sessions.end_if([this](const mcp::Session& session) {
    return session.pass && state_of_(*session.pass) == net::PassState::retired;
  });
}

void McpStack::end_streams() {
  service.end_streams();
  sse.end_streams();
  sessions.close_all();
}

void McpStack::reload(const Config& config) {
  sessions.set_limits(session_limits(config));
}

}  // namespace exai::serve
