// Asking a provider: a chat in as many exchanges as it takes, or anything else it offers.
#pragma once

#include "models/providers/provider.hpp"

#include <string>
#include <vector>

namespace exai::models {

/// POST {base}/chat/completions, again for each round of a provider's own web search, and up to three times
/// more when the answer was cut at the output limit. No retry: breakers, permits and retries wrap it in
/// engine. Errors: config (401, 403: key refused), not_found (404), busy
/// (429, with retry_after), provider (408, 5xx, other refusals, malformed or truncated answers), timeout,
/// cancelled, unreachable.
Result<Reply> provider_chat(const Provider& provider, const ChatRequest& request, const Model& model,
                            const ProviderCall& call);

/// Anything else below the base URL; errors as provider_chat.
Result<ProviderAnswer> provider_ask(const Provider& provider, const ProviderRequest& request,
                                    const ProviderCall& call);

/// GET {base}/models: the ids the endpoint offers. Proves key and URL.
Result<std::vector<std::string>> provider_models(const Provider& provider, const ProviderCall& call);

}  // namespace exai::models
