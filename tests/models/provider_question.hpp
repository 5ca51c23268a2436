// One question put to a provider's client, without router or tool.
#pragma once

#include "models/providers/provider.hpp"
#include "models/providers/rounds.hpp"
#include "tests/models/provider_fixture.hpp"

namespace exai::test {

inline models::ChatRequest question(bool stream = false) {
  models::ChatRequest request;
  request.messages = {{"user", "what is it?"}};
  request.stream = stream;
  return request;
}

struct Asked {
  Result<models::Reply> reply;
  std::string streamed;
};

inline Asked ask(const Config& config, const models::ChatRequest& request, Deadline deadline,
                 std::stop_token stop = {}, std::string_view model = "glm-4.6") {
  const models::ModelCatalogue models = catalogue();
  const models::Model& known = *models.find(model);
  std::string streamed;
  const models::ProviderCall call{config, deadline, std::move(stop),
                                  [&](std::string_view delta) { streamed += delta; }, models::network()};
  auto reply = models::provider_chat(*models::find_provider(known.provider), request, known, call);
  return {std::move(reply), streamed};
}

inline Deadline soon() {
  return Deadline::after(Millis{20000});
}

}  // namespace exai::test
