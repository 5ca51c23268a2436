#include "models/providers/provider.hpp"
#include "models/providers/rounds.hpp"
#include "tools/envelope.hpp"
#include "tools/overview.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::size_t k_errors_shown = 3;

std::string outcome(const Error& error) {
  return error.message + (error.hint.empty() ? "" : "; " + error.hint);
}

/// The call's own way out, as the provider's client takes it.
class ContextTransport final : public models::ProviderTransport {
 public:
  explicit ContextTransport(const engine::CallContext& context) : context_(context) {}
  Result<io::HttpResponse> exchange(const io::HttpRequest& request) override {
    return context_.http(request);
  }

 private:
  const engine::CallContext& context_;
};

/// The provider's model list proves address and key without cost.
Json ask_for_models(engine::CallContext& context, Json& advice) {
  Json probes = Json::object();
  ContextTransport transport(context);
  for (const models::Provider* provider : Registered<models::Provider>::all()) {
    if (!provider->configured(context.config())) continue;
    const models::ProviderCall call{context.config(), context.deadline(), context.stop(), {},
                                    transport,        context.clock()};
    const auto models = models::provider_models(*provider, call);
    probes[std::string(provider->id)] =
        models ? fmt::format("ok, {} models", models->size()) : outcome(models.error());
    if (!models && !models.error().hint.empty()) advice.push_back(models.error().hint);
  }
  return probes;
}

std::string ask_one_question(engine::CallContext& context, Json& advice) {
  models::ChatRequest request;
  request.messages = {{"user", "Answer with the word ready."}};
  request.max_tokens = 16;
  const Result<models::Reply> reply = context.chat(request, {});
  if (reply) return fmt::format("ok, {} of {} answered", reply->model, reply->provider);
  if (!reply.error().hint.empty()) advice.push_back(reply.error().hint);
  return outcome(reply.error());
}

Json examined(const Json& arguments, engine::CallContext& context) {
  Json advice = Json::array();
  Json probes{{"listmodels", ask_for_models(context, advice)}};
  if (arguments.value("probe", false)) probes["chat"] = ask_one_question(context, advice);
  return {{"probes", std::move(probes)}, {"advice", std::move(advice)}};
}

Json next_steps(const Json& providers, const std::vector<std::string>& errors) {
  Json steps = Json::array();
  if (providers.empty())
    steps.push_back("set " + models::provider_variables() + " in .env and restart exai serve");
  if (!errors.empty()) steps.push_back("read the errors with: exai log errors");
  if (steps.empty()) steps.push_back("all set: call chat");
  return steps;
}

Result<engine::CallAnswer> run_status(const Json& arguments, engine::CallContext& context) {
  const auto lines = static_cast<std::size_t>(std::max(0, arguments.value("tail_lines", 30)));
  const std::vector<std::string> errors = context.server().last_errors(std::min(lines, k_errors_shown));
  const Json providers = configured_providers(context.config());
  Json result{{"providers_configured", providers},
              {"models_available", available_models(context)},
              {"last_errors", errors},
              {"next_steps", next_steps(providers, errors)}};
  if (arguments.value("include_tools", false)) {
    Json names = Json::array();
    for (const engine::ServerView::ToolRow& tool : context.server().tools()) names.push_back(tool.name);
    result["tools_loaded"] = std::move(names);
    Json hidden = Json::array();
    for (const engine::ServerView::HiddenRow& tool : context.server().hidden_tools())
      hidden.push_back({{"name", tool.name}, {"reason", tool.reason}});
    result["tools_hidden"] = std::move(hidden);
  }
  if (arguments.value("doctor", false)) result["doctor"] = examined(arguments, context);
  return json_output(std::move(result));
}

const Registered<Tool> k_status{Tool{.id = "status",
                                     .title = "Status",
                                     .description = "What works, recent errors, and what to do next.",
                                     .open_world = true,
                                     .tier = ToolTier::core,
                                     .run = &run_status}};

}  // namespace
}  // namespace exai::tools
