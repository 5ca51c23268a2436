#include "serve/exai_ws/settings.hpp"

namespace exai::serve::exai_ws {

Settings settings_of(const Config& config) {
  Settings settings;
  settings.token = config.secret("ws.token");
  settings.hello_timeout = config.duration("ws.hello_timeout");
  settings.progress_interval = config.duration("ws.progress_interval");
  settings.compat_text = config.boolean("ws.compat_text");
  settings.never_empty = config.boolean("ws.never_empty");
  settings.call_bytes = config.bytes("limits.body");
  settings.connections_per_address = static_cast<std::size_t>(config.integer("ws.connections_per_address"));
  settings.sessions = static_cast<std::size_t>(config.integer("ws.sessions"));
  settings.resume_grace = config.duration("ws.resume_grace");
  settings.inflight_ttl = config.duration("ws.inflight_ttl");
  settings.unshared = config.list("ws.unshared_tools");
  settings.default_model = config.text("models.default");
  settings.results.count = static_cast<std::size_t>(config.integer("ws.result_count"));
  settings.results.bytes = config.bytes("ws.result_bytes");
  settings.results.ttl = config.duration("ws.result_ttl");
  settings.rates = engine::rate_limits(config);
  settings.health_interval = config.duration("ws.health_interval");
  return settings;
}

}  // namespace exai::serve::exai_ws
