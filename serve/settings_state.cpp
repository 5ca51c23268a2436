#include "serve/settings_state.hpp"

#include "core/json.hpp"
#include "core/utc.hpp"

namespace exai::serve {
namespace {

constexpr Millis k_look_every{1000};

}  // namespace

SettingsState::SettingsState(const Config& running, std::function<Result<ConfigSources>()> sources,
                             const Clock& clock)
    : sources_(std::move(sources)), clock_(clock), hash_(config_digest(running)) {}

void SettingsState::applied(const Config& running) {
  ++generation_;
  ++reloads_;
  hash_ = config_digest(running);
  last_ = format_utc(clock_.wall());
  error_.clear();
  hint_.clear();
  looked_ = {};
}

void SettingsState::refused(const Error& why) {
  ++reloads_;
  last_ = format_utc(clock_.wall());
  error_ = why.where ? to_string(*why.where) + ": " + why.message : why.message;
  hint_ = why.hint;
  looked_ = {};
}

const std::string& SettingsState::on_disk() {
  if (!sources_) return hash_;
  const Steady now = clock_.steady();
  if (looked_ != Steady{} && now - looked_ < k_look_every) return on_disk_;
  looked_ = now;
  const Result<ConfigSources> sources = sources_();
  on_disk_ = sources ? config_digest(sources->config) : "unreadable";
  return on_disk_;
}

bool SettingsState::in_step() {
  return on_disk() == hash_;
}

nlohmann::json SettingsState::instance_json() const {
  nlohmann::json state{{"generation", generation_}, {"hash", hash_}, {"reloads", reloads_}};
  if (!last_.empty()) state["last_reload"] = last_;
  if (!error_.empty()) state["last_error"] = error_;
  if (!hint_.empty()) state["hint"] = hint_;
  return state;
}

nlohmann::json SettingsState::json() {
  nlohmann::json state = instance_json();
  state["hash_on_disk"] = on_disk();
  return state;
}

}  // namespace exai::serve
