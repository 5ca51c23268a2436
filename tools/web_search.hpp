// A web search by ourselves, for models that ask for it as a function.
#pragma once

#include "tools/tool.hpp"

#include <string>
#include <string_view>

namespace exai::tools {

/// The function as it is offered to a model: {"type":"function","function":{"name":"web_search",...}}.
Json web_search_function();
inline constexpr std::string_view k_web_search_function = "web_search";

/// Asks search.backend, whose address only the settings can change: {backend, query, results: [{title, url,
/// snippet}]}, ten at most. Errors: `invalid` (no query), `config` (the backend's key is missing or refused),
/// and those of an exchange.
Result<Json> web_search(const engine::CallContext& context, const std::string& query);

/// The results in a page of DuckDuckGo's plain HTML.
Json duckduckgo_results(std::string_view page);

}  // namespace exai::tools
