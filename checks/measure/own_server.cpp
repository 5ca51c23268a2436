#include "checks/measure/own_server.hpp"

#include "core/address.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

/// Host and port of a listener of ours as they stand in a URL.
std::string authority_of(const Config& config, const std::string& listener) {
  return format_address(reachable_host(config.text(listener + ".host")), config.text(listener + ".port"));
}

Result<io::HttpResponse> ask_page(const CheckContext& context, const std::string& url) {
  io::HttpRequest request;
  request.url = url;
  request.deadline = context.deadline;
  request.stop = context.stop;
  if (const Secret key = own_key(context.config); !key.empty())
    request.headers.emplace_back("Authorization", "Bearer " + key.reveal());
  return io::http_exchange(request);
}

}  // namespace

std::string mcp_url(const Config& config) {
  return page_url(config, "/mcp");
}
std::string exai_ws_url(const Config& config) {
  return fmt::format("ws://{}/", authority_of(config, "ws"));
}
std::string health_url(const Config& config) {
  return fmt::format("http://{}/health", authority_of(config, "health"));
}
std::string page_url(const Config& config, std::string_view path) {
  return fmt::format("http://{}{}", authority_of(config, "http"), path);
}

Secret own_key(const Config& config) {
  Secret key = config.secret("auth.client_key");
  if (!key.empty()) return key;
  std::vector<std::string> keys = config.list("auth.api_keys");
  return keys.empty() ? Secret() : Secret(std::move(keys.front()));
}

std::shared_ptr<const Result<io::HttpResponse>> get_page(const CheckContext& context, std::string_view path) {
  const std::string url = page_url(context.config, path);
  return context.measurements->once<Result<io::HttpResponse>>(
      url, context.asker(), [&] { return ask_page(context, url); },
      [](const Result<io::HttpResponse>& answer) {
        return answer ||
               (answer.error().kind != ErrorKind::timeout && answer.error().kind != ErrorKind::cancelled);
      });
}

Result<std::string> page_text(const CheckContext& context, std::string_view path) {
  const auto page = get_page(context, path);
  const Result<io::HttpResponse>& answer = *page;
  if (!answer) return fail(answer.error());
  if (answer->status != 200)
    return fail(ErrorKind::unreachable,
                fmt::format("{} answered {}", page_url(context.config, path), answer->status),
                "is it exai that answers there? exai status");
  return answer->body;
}

}  // namespace exai::checks
