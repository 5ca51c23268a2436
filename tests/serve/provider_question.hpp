// One question put to a provider's client, without router or tool.
#pragma once

#include "tests/serve/provider_fixture.hpp"

namespace exai::test {

inline serve::ChatRequest question(bool stream = false) {
  serve::ChatRequest request;
  request.messages = {{"user", "what is it?"}};
  request.stream = stream;
  return request;
}

struct Asked {
  Result<serve::Reply> reply;
  std::string streamed;
};

inline Asked ask(const Config& config, const serve::ChatRequest& request, Deadline deadline,
                 std::stop_token stop = {}, std::string_view model = "glm-4.6") {
  const ModelCatalogue models = catalogue();
  const Model& known = *models.find(model);
  std::string streamed;
  const serve::ProviderCall call{config, deadline, std::move(stop),
                                 [&](std::string_view delta) { streamed += delta; }};
  auto reply = serve::provider_chat(*serve::find_provider(known.provider), request, known, call);
  return {std::move(reply), streamed};
}

inline Deadline soon() {
  return Deadline::after(Millis{20000});
}

}  // namespace exai::test
