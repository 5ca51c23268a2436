#include "models/providers/completion.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

constexpr int k_part_levels = 4;  // parts within parts, as thinking has them

long long count(const Json& object, const char* key) {
  constexpr double k_max = 1e15;  // a number beyond what a count can be must not overflow one
  return static_cast<long long>(std::clamp(number_of(object, key).value_or(0.0), 0.0, k_max));
}

const Json& first(const Json& list) {
  static const Json k_null;
  return list.is_array() && !list.empty() ? list.front() : k_null;
}

tl::unexpected<Error> nonsense(std::string why) {
  return fail(ErrorKind::provider, "the provider's answer makes no sense: " + std::move(why));
}

Result<Json> parse(std::string_view body) {
  Result<Json> document = parse_foreign_json(body);
  if (!document) return nonsense(document.error().message);
  const bool answers = !first(member_of(*document, "choices")).is_null() || document->contains("usage") ||
                       member_of(*document, "data").is_array() || document->empty();
  if (const std::optional<Complaint> complaint = complaint_of(*document, answers))
    return fail(
        kind_of(*complaint),
        fmt::format("the provider answered with an error{}: {}",
                    complaint->code.empty() ? "" : " (" + printable(complaint->code) + ")", complaint->text));
  if (!document->is_object()) return nonsense("it is not a JSON object");
  return document;
}

/// Where the pieces of a message go.
struct Pieces {
  std::string content, reasoning, refusal;
};

/// All text below a part, whatever it is wrapped in.
std::string text_below(const Json& part, int levels) {
  if (part.is_string()) return part.get<std::string>();
  std::string all;
  if (levels == 0) return all;
  if (part.is_array())
    for (const Json& one : part) all += text_below(one, levels - 1);
  if (!part.is_object()) return all;
  for (const char* const key : {"text", "thinking", "reasoning", "refusal", "content", "value", "summary"})
    all += text_below(member_of(part, key), levels - 1);
  return all;
}

/// Text, a list of parts, or one part (Mistral, gateways). Parts that are not text (images) are not ours.
void read_content(const Json& content, Pieces& pieces) {
  if (content.is_string()) pieces.content += content.get_ref<const std::string&>();
  if (content.is_array())
    for (const Json& part : content) read_content(part, pieces);
  if (!content.is_object()) return;
  const std::string type = text_of(content, "type");
  std::string all = text_below(content, k_part_levels);
  if (type.find("thinking") != std::string::npos || type.find("reasoning") != std::string::npos)
    pieces.reasoning += all;
  else if (type == "refusal")
    pieces.refusal += all;
  else
    pieces.content += all;
}

Pieces read_message(const Json& message) {
  Pieces pieces;
  read_content(member_of(message, "content"), pieces);
  pieces.refusal += text_of(message, "refusal");
  for (const char* const key : {"reasoning_content", "reasoning", "thinking"}) {
    if (!pieces.reasoning.empty()) break;
    pieces.reasoning = text_below(member_of(message, key), k_part_levels);
  }
  return pieces;
}

/// OpenAI, GLM and Kimi name cached tokens differently; Kimi puts the usage of a stream inside the last
/// choice.
void read_usage(const Json& document, Usage& usage) {
  const Json& own = member_of(document, "usage");
  const Json& source = own.is_object() ? own : member_of(first(member_of(document, "choices")), "usage");
  if (!source.is_object()) return;
  usage.prompt = count(source, "prompt_tokens");
  usage.completion = count(source, "completion_tokens");
  usage.cached = std::max(count(source, "cached_tokens"),
                          count(member_of(source, "prompt_tokens_details"), "cached_tokens"));
}

bool is_whole_object(const std::string& text) {
  const Result<Json> value = parse_foreign_json(text);
  return value && value->is_object();
}

/// The call that a fragment continues; nullopt = it begins one. Ids say it best; indices lie (absent, all
/// zero, counted anew), so a fragment that brings a name where a call is complete begins another.
std::optional<std::size_t> known_call(const Completion& answer, const std::string& id,
                                      std::optional<std::size_t> index, const std::string& name) {
  const std::vector<ToolCall>& tools = answer.tools;
  if (!id.empty())
    for (std::size_t i = tools.size(); i > 0; --i)
      if (tools[i - 1].id == id) return i - 1;
  std::optional<std::size_t> found;
  for (std::size_t i = tools.size(); index && i > 0 && !found; --i)
    if (answer.tool_indices[i - 1] == index) found = i - 1;
  if (!index && id.empty() && name.empty() && !tools.empty()) found = tools.size() - 1;
  if (!found) return std::nullopt;
  const ToolCall& tool = tools[*found];
  if (!id.empty() && !tool.id.empty()) return std::nullopt;
  if (!name.empty() && !tool.name.empty() && is_whole_object(tool.arguments)) return std::nullopt;
  return found;
}

Result<void> read_tool(const Json& call, Completion& answer) {
  constexpr std::size_t k_max_tools = 128;
  const Json& function = member_of(call, "function");
  const std::string id = text_of(call, "id"), name = text_of(function, "name");
  const Json& named = member_of(call, "index");
  std::optional<std::size_t> index;
  if (named.is_number_unsigned()) index = named.get<std::size_t>();
  std::optional<std::size_t> known = known_call(answer, id, index, name);
  if (!known) {
    if (answer.tools.size() == k_max_tools)
      return nonsense(fmt::format("it asks for more than {} tools", k_max_tools));
    known = answer.tools.size();
    answer.tools.emplace_back();
    answer.tool_indices.push_back(index);
  }
  ToolCall& tool = answer.tools[*known];
  if (tool.id.empty()) tool.id = id;
  if (tool.name != name) tool.name += name;  // some repeat it in each fragment
  const Json& arguments = member_of(function, "arguments");
  if (arguments.is_structured())
    tool.arguments = dump_json(arguments);
  else if (arguments.is_string())
    tool.arguments += arguments.get_ref<const std::string&>();
  return {};
}

Result<void> read_tools(const Json& message, Completion& answer) {
  const Json& calls = member_of(message, "tool_calls");
  if (calls.is_array())
    for (const Json& call : calls)
      if (auto read = read_tool(call, answer); !read) return read;
  if (calls.is_object()) return read_tool(calls, answer);
  if (const Json& old = member_of(message, "function_call"); old.is_object())
    return read_tool({{"index", 0}, {"function", old}}, answer);
  return {};
}

/// Why an answer has neither text nor calls.
Error no_answer(const Completion& answer) {
  const std::string& reason = answer.finish_reason;
  if (reason == "length" || reason == "max_tokens" || reason == "model_context_window_exceeded")
    return make_error(ErrorKind::provider,
                      answer.reasoning.empty()
                          ? "the answer was cut at the output limit before its first word"
                          : "the model thought until its output limit and answered nothing",
                      "ask for less, let it think less, or raise DEFAULT_MAX_OUTPUT_TOKENS");
  if (reason == "content_filter" || reason == "sensitive" || reason == "safety" || reason == "refusal")
    return make_error(ErrorKind::refused,
                      fmt::format("the provider withheld the answer (finish_reason {})", printable(reason)),
                      "put the question in other words, or ask another model");
  return make_error(ErrorKind::provider,
                    fmt::format("the provider answered nothing: no text and no tool call{}",
                                reason.empty() ? "" : fmt::format(" (finish_reason {})", printable(reason))),
                    "ask again, or ask another model");
}

}  // namespace

Result<Completion> complete_answer(Completion answer) {
  for (std::size_t i = 0; i < answer.tools.size(); ++i) {
    ToolCall& tool = answer.tools[i];
    if (tool.id.empty()) tool.id = fmt::format("call_{}", i + 1);
    if (trim(tool.arguments).empty()) tool.arguments = "{}";
  }
  if (!answer.tools.empty() || !trim(answer.content).empty()) return answer;
  if (!trim(answer.refusal).empty())
    return fail(ErrorKind::refused, "the model refused to answer: " + printable(trim(answer.refusal)),
                "put the question in other words, or ask another model");
  return fail(no_answer(answer));
}

Result<Completion> read_completion(std::string_view body) {
  const Result<Json> document = parse(body);
  if (!document) return fail(document.error());
  const Json& choice = first(member_of(*document, "choices"));
  const Json& message = member_of(choice, "message");
  if (!message.is_object()) return nonsense("it has no choices[0].message");
  Completion answer;
  Pieces pieces = read_message(message);
  answer.content = std::move(pieces.content);
  answer.reasoning = std::move(pieces.reasoning);
  answer.refusal = std::move(pieces.refusal);
  answer.finish_reason = text_of(choice, "finish_reason");
  answer.model = text_of(*document, "model");
  read_usage(*document, answer.usage);
  if (auto read = read_tools(message, answer); !read) return fail(read.error());
  return answer;
}

Result<void> read_chunk(std::string_view body, Completion& answer,
                        const std::function<void(std::string_view)>& on_delta) {
  const Result<Json> document = parse(body);
  if (!document) return fail(document.error());
  const Json& choice = first(member_of(*document, "choices"));
  const bool begun = !answer.content.empty() || !answer.tools.empty();
  // Some send an only chunk as a whole message; others repeat the whole at the end.
  const Json& delta = begun || member_of(choice, "delta").is_object() ? member_of(choice, "delta")
                                                                      : member_of(choice, "message");
  const Pieces pieces = read_message(delta);
  answer.content += pieces.content;
  answer.reasoning += pieces.reasoning;
  answer.refusal += pieces.refusal;
  if (std::string reason = text_of(choice, "finish_reason"); !reason.empty())
    answer.finish_reason = std::move(reason);
  if (answer.model.empty()) answer.model = text_of(*document, "model");
  read_usage(*document, answer.usage);
  if (auto read = read_tools(delta, answer); !read) return read;
  if (!pieces.content.empty() && on_delta) on_delta(pieces.content);
  return {};
}

Result<std::vector<std::string>> read_model_list(std::string_view body) {
  const Result<Json> document = parse(body);
  if (!document) return fail(document.error());
  const Json& list = member_of(*document, "data");
  if (!list.is_array()) return nonsense("a model list has no 'data'");
  std::vector<std::string> names;
  for (const Json& item : list)
    if (std::string name = text_of(item, "id"); !name.empty()) names.push_back(std::move(name));
  return names;
}

}  // namespace exai::models
