#include "serve/auth/cors.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace exai::serve::auth {
namespace {

constexpr std::string_view k_exposed =
    "Access-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate, Retry-After, RateLimit, "
    "RateLimit-Policy\r\n";
constexpr std::string_view k_preflight =
    "Access-Control-Allow-Methods: GET, HEAD, POST, DELETE, OPTIONS\r\nAccess-Control-Max-Age: 7200\r\n";
constexpr std::string_view k_usual_headers =
    "Accept, Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, MCP-Protocol-Version, "
    "Mcp-Session-Id, X-API-Key";
constexpr std::size_t k_list_bytes = 2048;

/// A list of header names, which may be sent back as it is.
bool is_name_list(std::string_view text) {
  return !text.empty() && text.size() <= k_list_bytes && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == ',' || c == ' ';
  });
}

}  // namespace

std::optional<net::HttpResponse> share_with_origin(net::HttpRequest& request) {
  net::HttpResponse answer;
  answer.status = 204;
  if (request.method == "OPTIONS" && request.path == "*") {
    answer.headers = "Allow: GET, HEAD, POST, DELETE, OPTIONS\r\n";
    return answer;
  }
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return std::nullopt;
  request.answer_headers.append("Access-Control-Allow-Origin: ")
      .append(origin)
      .append("\r\nVary: Origin\r\n");
  if (request.method != "OPTIONS" || request.header("access-control-request-method").empty()) {
    request.answer_headers.append(k_exposed);
    return std::nullopt;
  }
  // Some headers of MCP carry a tool's parameter in their name, so those that are asked for are granted: who
  // may do what is not decided by headers.
  const std::string_view requested = request.header("access-control-request-headers");
  answer.headers = k_preflight;
  answer.headers.append("Access-Control-Allow-Headers: ");
  answer.headers.append(is_name_list(requested) ? requested : k_usual_headers).append("\r\n");
  if (equals_ignoring_case(request.header("access-control-request-private-network"), "true"))
    answer.headers += "Access-Control-Allow-Private-Network: true\r\n";
  return answer;
}

}  // namespace exai::serve::auth
