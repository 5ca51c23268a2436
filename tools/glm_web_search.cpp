#include "core/text.hpp"
#include "tools/envelope.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

Result<engine::CallAnswer> run_glm_web_search(const Json& arguments, engine::CallContext& context) {
  const std::string query = arguments.value("search_query", "");
  if (trim(query).empty())
    return fail(ErrorKind::invalid, "search_query: the text is blank", "say what to search for");
  models::ProviderRequest ask;
  ask.provider = "glm";
  ask.method = "POST";
  ask.path = "/web_search";
  ask.timeout = context.config().duration("glm.search_timeout");
  ask.timeout_setting = "glm.search_timeout";
  ask.headers = {{"Accept-Language", "en-US,en"}, {"Accept", "application/json"}};
  ask.body = {{"search_engine", arguments.value("search_engine", "search-prime")},
              {"search_query", query},
              {"count", std::clamp(arguments.value("count", 10LL), 1LL, 50LL)},
              {"search_recency_filter", arguments.value("search_recency_filter", "all")}};
  for (const auto* const key : {"search_domain_filter", "request_id", "user_id"})
    if (arguments.contains(key)) ask.body[key] = arguments[key];
  const Result<models::ProviderAnswer> answer = context.ask(ask);
  if (!answer) return fail(answer.error());
  Result<Json> found = parse_json(answer->body);
  if (!found || !found->is_object())
    return fail(ErrorKind::provider, "GLM did not answer a search with a JSON object", "try again");
  engine::ToolOutput output = json_output(std::move(*found));
  output.provider = "glm";
  return output;
}

const Registered<Tool> k_glm_web_search_tool{
    Tool{.id = "glm_web_search",
         .title = "Search the web with GLM",
         .description = "GLM's web search: titles, links and excerpts.",
         .open_world = true,
         .provider = "glm",
         .run = &run_glm_web_search}};

}  // namespace
}  // namespace exai::tools
