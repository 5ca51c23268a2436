#include "serve/providers/completion.hpp"

#include "core/text.hpp"

#include <nlohmann/json.hpp>

namespace exai::serve {
namespace provider_json {
namespace {

constexpr std::size_t k_tools = 16;

const Json& at(const Json& object, const char* key) {
  static const Json k_null;
  if (!object.is_object()) return k_null;
  const auto found = object.find(key);
  return found == object.end() ? k_null : *found;
}

std::string text(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

long long count(const Json& object, const char* key) {
  constexpr double k_most = 1e15;  // a number beyond what a count can be must not overflow one
  const Json& value = at(object, key);
  return value.is_number() ? static_cast<long long>(std::clamp(value.get<double>(), 0.0, k_most)) : 0;
}

const Json& first(const Json& list) {
  static const Json k_null;
  return list.is_array() && !list.empty() ? list.front() : k_null;
}

tl::unexpected<Error> nonsense(std::string why) {
  return fail(ErrorKind::provider, "the provider's answer makes no sense: " + std::move(why));
}

Result<Json> parse(std::string_view body) {
  Result<Json> document = parse_json(body);
  if (!document) return nonsense(document.error().message);
  if (!document->is_object()) return nonsense("it is no JSON object");
  if (at(*document, "error").is_object() || at(*document, "error").is_string())
    return fail(ErrorKind::provider, "the provider answered with an error: " + error_text(body));
  return document;
}

/// OpenAI, GLM and Kimi name cached tokens differently; Kimi puts the usage of a stream inside the last
/// choice.
void read_usage(const Json& document, Usage& usage) {
  const Json& own = at(document, "usage");
  const Json& source = own.is_object() ? own : at(first(at(document, "choices")), "usage");
  if (!source.is_object()) return;
  usage.prompt = count(source, "prompt_tokens");
  usage.completion = count(source, "completion_tokens");
  usage.cached =
      std::max(count(source, "cached_tokens"), count(at(source, "prompt_tokens_details"), "cached_tokens"));
}

void read_tools(const Json& calls, Completion& answer) {
  if (!calls.is_array()) return;
  std::size_t position = 0;
  for (const Json& call : calls) {
    const Json& named = at(call, "index");
    const std::size_t index = named.is_number_unsigned() ? named.get<std::size_t>() : position;
    ++position;
    if (index >= k_tools) continue;
    if (answer.tools.size() <= index) answer.tools.resize(index + 1);
    AskedTool& tool = answer.tools[index];
    tool.id += text(call, "id");
    tool.name += text(at(call, "function"), "name");
    tool.arguments += text(at(call, "function"), "arguments");
  }
}

}  // namespace
}  // namespace provider_json

Result<Completion> read_completion(std::string_view body) {
  using namespace provider_json;
  const Result<Json> document = parse(body);
  if (!document) return fail(document.error());
  const Json& choice = first(at(*document, "choices"));
  const Json& message = at(choice, "message");
  if (!message.is_object()) return nonsense("it has no choices[0].message");
  Completion answer;
  answer.content = text(message, "content");
  answer.reasoning = text(message, "reasoning_content");
  answer.finish_reason = text(choice, "finish_reason");
  answer.model = text(*document, "model");
  read_usage(*document, answer.usage);
  read_tools(at(message, "tool_calls"), answer);
  return answer;
}

Result<void> read_chunk(std::string_view body, Completion& answer,
                        const std::function<void(std::string_view)>& on_delta) {
  using namespace provider_json;
  const Result<Json> document = parse(body);
  if (!document) return fail(document.error());
  const Json& choice = first(at(*document, "choices"));
  const Json& delta = at(choice, "delta");
  const std::string piece = text(delta, "content");
  answer.content += piece;
  answer.reasoning += text(delta, "reasoning_content");
  if (std::string reason = text(choice, "finish_reason"); !reason.empty())
    answer.finish_reason = std::move(reason);
  if (answer.model.empty()) answer.model = text(*document, "model");
  read_usage(*document, answer.usage);
  read_tools(at(delta, "tool_calls"), answer);
  if (!piece.empty() && on_delta) on_delta(piece);
  return {};
}

Result<std::vector<std::string>> read_model_list(std::string_view body) {
  using namespace provider_json;
  const Result<Json> document = parse(body);
  if (!document) return fail(document.error());
  const Json& list = at(*document, "data");
  if (!list.is_array()) return nonsense("a model list has no 'data'");
  std::vector<std::string> names;
  for (const Json& item : list)
    if (std::string name = text(item, "id"); !name.empty()) names.push_back(std::move(name));
  return names;
}

std::string error_text(std::string_view body) {
  using namespace provider_json;
  constexpr std::size_t k_most = 300;
  std::string found;
  if (const Result<Json> document = parse_json(body)) {
    const Json& error = at(*document, "error");
    found = error.is_string() ? error.get<std::string>() : text(error, "message");
    if (found.empty()) found = text(*document, "message");
  }
  if (found.empty()) found = std::string(trim(body.substr(0, k_most)));
  if (found.size() > k_most) found = std::string(beginning_of(found, k_most)) + "...";
  return found.empty() ? "no reason given" : printable(found);
}

}  // namespace exai::serve
