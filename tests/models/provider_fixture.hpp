// A configuration whose providers are simulators, and the real client to ask them with.
#pragma once

#include "core/config.hpp"
#include "models/providers/provider.hpp"
#include "tests/catch.hpp"
#include "tests/simulator/simulator.hpp"

#include <atomic>
#include <utility>
#include <vector>

namespace exai::test {

inline Config config_of(const std::vector<std::pair<std::string, std::string>>& values) {
  ConfigLayer layer;
  layer.kind = OriginKind::environment;
  for (const auto& [name, value] : values) layer.entries.push_back({name, value, 0});
  std::vector<Finding> findings;
  Config config = Config::build({layer}, findings);
  for (const Finding& finding : findings) UNSCOPED_INFO(finding.message);
  REQUIRE(findings.empty());
  return config;
}

inline models::ModelCatalogue catalogue() {
  const auto document = models::embedded_models();
  REQUIRE(document);
  auto models = models::ModelCatalogue::from(*document);
  REQUIRE(models);
  const auto rules = models::embedded_routes();
  REQUIRE(rules);
  auto routes = models::RouteTable::from(*rules);
  REQUIRE(routes);
  REQUIRE(models->set_routes(*routes));
  return *models;
}

/// The machine's time, but nobody really waits: what would be waited is added to it.
class HurriedClock final : public Clock {
 public:
  [[nodiscard]] Steady steady() const override { return system_clock().steady() + ahead(); }
  [[nodiscard]] Wall wall() const override { return system_clock().wall() + ahead(); }
  bool pause(Millis duration, const std::stop_token& stop) const override {
    ahead_ += duration.count();
    ++pauses_;
    return !stop.stop_requested();
  }
  [[nodiscard]] Millis ahead() const { return Millis(ahead_.load()); }
  [[nodiscard]] int pauses() const { return pauses_; }
  void advance(Millis by) { ahead_ += by.count(); }

 private:
  mutable std::atomic<long long> ahead_{0};
  mutable std::atomic<int> pauses_{0};
};

inline constexpr const char* k_key = "sk-simulated-key-0123456789";

/// GLM at the simulator, with a key.
inline Config glm_at(const simulator::Simulator& server,
                     std::vector<std::pair<std::string, std::string>> more = {}) {
  more.emplace_back("GLM_API_URL", server.url());
  more.emplace_back("GLM_API_KEY", k_key);
  return config_of(more);
}

}  // namespace exai::test
