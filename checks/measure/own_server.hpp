// The server of this deployment: where it is, which key it takes, and its pages.
#pragma once

#include "core/check.hpp"
#include "io/http.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace exai::checks {

/// URLs of this deployment's own server, from its settings.
std::string mcp_url(const Config& config);
std::string exai_ws_url(const Config& config);
std::string health_url(const Config& config);
/// A page beside the MCP endpoint: "/metrics", "/status".
std::string page_url(const Config& config, std::string_view path);
/// The key that our own commands show to our own server: auth.client_key, else the first of auth.api_keys,
/// where the server has it from too; empty = none.
Secret own_key(const Config& config);

/// The answer to GET of that page, whatever its status; asked once a run.
std::shared_ptr<const Result<io::HttpResponse>> get_page(const CheckContext& context, std::string_view path);
/// The text of that page; an answer other than 200 is an error.
Result<std::string> page_text(const CheckContext& context, std::string_view path);

}  // namespace exai::checks
