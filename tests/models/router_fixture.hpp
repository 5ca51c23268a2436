// The router with two simulated providers behind it and a clock that nobody waits for.
#pragma once

#include "engine/metrics.hpp"
#include "engine/runtime.hpp"
#include "models/router.hpp"
#include "tests/models/provider_fixture.hpp"

#include <memory>

namespace exai::test {

/// GLM and Kimi, each a simulator of its own.
class TwoProviders {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  TwoProviders(const std::string& glm_script, const std::string& kimi_script, Pairs more = {},
               store::Spend* store = nullptr, io::Log* log = nullptr)
      : glm(simulator::Simulator::with(glm_script)), kimi(simulator::Simulator::with(kimi_script)) {
    more.emplace_back("GLM_API_URL", glm->url());
    more.emplace_back("GLM_API_KEY", k_key);
    more.emplace_back("KIMI_API_URL", kimi->url());
    more.emplace_back("KIMI_API_KEY", k_key);
    start(config_of(more), store, log);
  }
  /// GLM only.
  explicit TwoProviders(const std::string& glm_script, Pairs more = {})
      : glm(simulator::Simulator::with(glm_script)) {
    start(glm_at(*glm, std::move(more)), nullptr, nullptr);
  }

  Result<models::Reply> ask(const models::ChatRequest& request, Millis time = Millis{20000}) {
    streamed.clear();
    return router->chat(
        *runtime, request, Deadline::after(time, clock), stop.get_token(),
        [this](std::string_view delta) { streamed += delta; }, "chat");
  }
  static models::ChatRequest question(std::string model = "glm-4.6", bool stream = false) {
    models::ChatRequest request;
    request.model = std::move(model);
    request.messages = {{"user", "what is it?"}};
    request.stream = stream;
    return request;
  }

  std::unique_ptr<simulator::Simulator> glm, kimi;
  HurriedClock clock;
  std::shared_ptr<const engine::Runtime> runtime;
  models::ProviderPermits permits;
  engine::Metrics metrics{{"chat"}};
  std::unique_ptr<models::Spend> spend;
  std::unique_ptr<models::ModelRouter> router;
  std::stop_source stop;
  std::string streamed;

 private:
  void start(Config config, store::Spend* store, io::Log* log) {
    auto made = engine::make_runtime(std::move(config), "/");
    if (!made) FAIL(made.error().message);
    runtime = std::move(*made);
    for (const models::Provider* provider : Registered<models::Provider>::all())
      permits.set_limit(std::string(provider->id), 4);
    spend = std::make_unique<models::Spend>(store, clock);
    router = std::make_unique<models::ModelRouter>(
        models::ModelRouter::Services{permits, metrics, clock, models::network(), log, spend.get(), {}});
  }
};

}  // namespace exai::test
