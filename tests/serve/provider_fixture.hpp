// A configuration whose providers are simulators, and the real client to ask them with.
#pragma once

#include "core/config.hpp"
#include "io/yaml.hpp"
#include "serve/providers/provider.hpp"
#include "tests/catch.hpp"
#include "tests/simulator/simulator.hpp"

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

inline ModelCatalogue catalogue() {
  const auto document = io::parse_yaml(embedded_models_yaml(), "core/models.yaml");
  REQUIRE(document);
  auto models = ModelCatalogue::from(*document);
  REQUIRE(models);
  return *models;
}

inline constexpr const char* k_key = "sk-simulated-key-0123456789";

/// GLM at the simulator, with a key.
inline Config glm_at(const simulator::Simulator& server,
                     std::vector<std::pair<std::string, std::string>> more = {}) {
  more.emplace_back("GLM_API_URL", server.url());
  more.emplace_back("GLM_API_KEY", k_key);
  return config_of(more);
}

}  // namespace exai::test
