#include "core/json_access.hpp"
#include "core/text.hpp"
#include "models/providers/provider.hpp"
#include "tools/envelope.hpp"
#include "tools/kimi_common.hpp"

#include <array>

namespace exai::tools {
namespace {

constexpr std::array<std::string_view, 3> k_complexities{"simple", "moderate", "deep"};

/// The outermost {...} of an answer that may have words or a code fence around it.
std::optional<Json> object_in(const std::string& text) {
  const std::size_t begin = text.find('{');
  const std::size_t end = text.rfind('}');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return std::nullopt;
  Result<Json> object = parse_json(std::string_view(text).substr(begin, end - begin + 1));
  if (!object || !object->is_object()) return std::nullopt;
  return std::move(*object);
}

bool intent_flag(const Json& object, const char* key, bool otherwise) {
  const Json& value = member_of(object, key);
  if (value.is_boolean()) return value.get<bool>();
  return value.is_string() ? equals_ignoring_case(value.get_ref<const std::string&>(), "true") : otherwise;
}

std::string word(const Json& object, const char* key, const std::string& otherwise) {
  const std::string given = text_of(object, key);
  const std::string text = given.size() <= 100 ? printable(trim(given)) : std::string();
  return text.empty() ? otherwise : text;
}

bool has_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view one) { return text.find(one) != std::string::npos; });
}

/// By words and length alone.
Json guess(const std::string& prompt) {
  const std::string text = to_lower(prompt);
  const bool web = has_any(
      text, {"latest", "today", "current ", "news", "price", "http://", "https://", "search the web"});
  const bool deep = prompt.size() > 2000 || has_any(text, {"architecture", "design", "prove", "audit",
                                                           "refactor", "root cause", "compare"});
  const bool simple = !deep && prompt.size() < 200;
  const bool code = has_any(text, {"code", "function", "class", "compile", "bug", "test", "```"});
  return {{"needs_websearch", web},
          {"complexity", deep     ? "deep"
                         : simple ? "simple"
                                  : "moderate"},
          {"domain", code ? "coding" : "general"},
          {"recommended_provider", deep && !web ? "KIMI" : "GLM"},
          {"streaming_preferred", deep}};
}

/// The model's words where they are usable, the guess where they are not. A model that is not one of the
/// provider is replaced by the provider's own.
Json judged(const Json& said, const Json& guessed, const engine::CallContext& context) {
  Json result;
  result["needs_websearch"] = intent_flag(said, "needs_websearch", guessed["needs_websearch"].get<bool>());
  const std::string complexity = to_lower(word(said, "complexity", ""));
  const bool known =
      std::find(k_complexities.begin(), k_complexities.end(), complexity) != k_complexities.end();
  result["complexity"] = known ? Json(complexity) : guessed["complexity"];
  result["domain"] = word(said, "domain", guessed["domain"].get<std::string>());
  const std::string provider = to_lower(word(said, "recommended_provider", ""));
  const bool usable = provider == "glm" || provider == "kimi";
  const std::string chosen = usable ? provider : to_lower(guessed["recommended_provider"].get<std::string>());
  result["recommended_provider"] = chosen == "glm" ? "GLM" : "KIMI";
  const models::Model* model = context.models().find(word(said, "recommended_model", ""));
  const models::Provider* record = models::find_provider(chosen);
  result["recommended_model"] = model != nullptr && model->provider == chosen ? model->name
                                : record != nullptr ? std::string(record->default_model)
                                                    : std::string();
  result["streaming_preferred"] =
      intent_flag(said, "streaming_preferred", guessed["streaming_preferred"].get<bool>());
  return result;
}

Result<engine::CallAnswer> run_kimi_intent_analysis(const Json& arguments, engine::CallContext& context) {
  const std::string prompt = arguments.value("prompt", "");
  if (trim(prompt).empty())
    return fail(ErrorKind::invalid, "the prompt is blank", "give in 'prompt' the request to sort");
  Result<models::ChatRequest> request =
      kimi_request(context, "kimi_intent_analysis", context.config().text("kimi.intent_model"));
  if (!request) return fail(request.error());
  request->messages.push_back({"system", std::string(embedded_prompt("kimi_intent_analysis")), {}});
  std::string question = "Request:\n" + prompt;
  if (const std::string around = arguments.value("context", ""); !around.empty())
    question += "\n\nContext:\n" + around;
  request->messages.push_back({"user", std::move(question), {}});
  request->temperature = 0.1;
  request->max_tokens = context.config().integer("kimi.intent_max_tokens");
  request->json = true;
  const Result<models::Reply> reply = context.chat(*request, {});
  if (!reply) return fail(reply.error());
  const std::optional<Json> said = object_in(reply->content);
  Json result = judged(said.value_or(Json::object()), guess(prompt), context);
  if (arguments.contains("use_websearch") && !arguments.value("use_websearch", true))
    result["needs_websearch"] = false;
  result["method"] = said ? "model" : "heuristic";
  if (!said) result["note"] = "the model did not answer in JSON: this is a guess by words and length";
  return answered(json_output(std::move(result)), *reply);
}

const Registered<Tool> k_kimi_intent_analysis_tool{
    Tool{.id = "kimi_intent_analysis",
         .title = "Sort a request",
         .description = "Kimi judges a request: web, depth, model.",
         .idempotent = false,
         .open_world = true,
         .provider = "kimi",
         .run = &run_kimi_intent_analysis}};

}  // namespace
}  // namespace exai::tools
