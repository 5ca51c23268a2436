// The body of a chat request.
#pragma once

#include "models/providers/provider.hpp"

namespace exai::models {

/// The JSON body that would be sent: pure, for tests and glm_payload_preview.
Json chat_body(const Provider& provider, const ChatRequest& request, const Model& model,
               const Config& config);

}  // namespace exai::models
