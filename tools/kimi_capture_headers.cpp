#include "core/text.hpp"
#include "models/providers/provider.hpp"
#include "tools/envelope.hpp"
#include "tools/kimi_common.hpp"

namespace exai::tools {
namespace {

Result<engine::CallAnswer> run_kimi_capture_headers(const Json& arguments, engine::CallContext& context) {
  const models::Provider* kimi = models::find_provider("kimi");
  if (kimi == nullptr || !kimi->configured(context.config()))
    return json_output({{"status", "skipped"}, {"reason", "KIMI_API_KEY is not set"}});
  Result<models::ChatRequest> request =
      kimi_request(context, "kimi_capture_headers", arguments.value("model", "kimi-k2-0711-preview"));
  if (!request) return fail(request.error());
  Result<std::vector<models::ChatMessage>> messages = read_messages(arguments.at("messages"));
  if (!messages) return fail(messages.error());
  request->messages = std::move(*messages);
  request->temperature = arguments.value("temperature", 0.6);
  request->idempotency = arguments.value("call_key", "");
  const std::string session = arguments.value("session_id", "");
  // The principal stands before it: nobody uses another's cache by guessing a session.
  if (!session.empty())
    request->cache_scope = context.principal() + "/" + session + "/" + arguments.value("tool_name", "");
  const Result<models::Reply> reply = context.chat(*request, {});
  if (!reply) return fail(reply.error());
  Json headers = Json::object();
  for (const auto& [name, value] : reply->headers) headers[name] = value;
  return answered(json_output({{"provider", "KIMI"},
                               {"model", reply->model},
                               {"content", reply->content},
                               {"finish_reason", reply->finish_reason},
                               {"usage", usage_facts(reply->usage)},
                               {"headers", std::move(headers)}}),
                  *reply);
}

const Registered<Tool> k_kimi_capture_headers_tool{
    Tool{.id = "kimi_capture_headers",
         .title = "Show Kimi's answer headers",
         .description = "Asks Kimi and shows the headers of its answer.",
         .idempotent = false,
         .open_world = true,
         .provider = "kimi",
         .run = &run_kimi_capture_headers}};

}  // namespace
}  // namespace exai::tools
