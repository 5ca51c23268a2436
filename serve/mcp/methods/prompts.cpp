// prompts/list and prompts/get.
#include "core/json_access.hpp"
#include "serve/mcp/list_page.hpp"
#include "serve/mcp/method.hpp"
#include "serve/mcp/refusal.hpp"
#include "serve/mcp/rounds.hpp"

namespace exai::serve::mcp {
namespace {

Action list_prompts(MethodCall& call) {
  return list_page(call, call.catalogue->prompt_list);
}

Action get_prompt(MethodCall& call) {
  const RpcId& id = call.id();
  const std::string name = text_of(call.params, "name");
  const auto& offered = call.catalogue;
  const PromptEntry* prompt = offered->find_prompt(name);
  if (prompt == nullptr) {
    return refuse(id, k_invalid_params,
                  "unknown prompt " + quote_json(shown(name)) + suggestion(name, offered->prompt_names()));
  }
  tools::PromptArguments arguments;
  const Json& given = member_of(call.params, "arguments");
  if (!given.is_null() && !given.is_object())
    return refuse(id, k_invalid_params, "params.arguments must be an object of texts");
  for (const auto& [key, value] : given.items()) {
    if (value.is_null()) continue;
    if (!value.is_string())
      return refuse(id, k_invalid_params, "the argument " + shown(key) + " must be a text");
    arguments.emplace(key, value.get<std::string>());
  }
  for (const PromptEntry::Argument& argument : prompt->arguments)
    if (argument.required && arguments.find(argument.name) == arguments.end())
      return refuse(id, k_invalid_params, "the prompt " + name + " needs the argument " + argument.name);
  BeginCall begin;
  const auto shared = std::make_shared<const Json>(given);
  if (auto error = read_rounds(call.context, call.message.method, name, call.params, shared, begin))
    return refuse(id, *error);
  begin.id = id;
  begin.kind = AnswerKind::prompt;
  begin.job = std::make_shared<const engine::Job>(
      engine::Job{.name = call.message.method,
                  .work = prompt->work,
                  .run = [offered, prompt, arguments = std::move(arguments)](engine::CallContext& context) {
                    return prompt->make(arguments, context);
                  }});
  return begin;
}

const Registered<Method> k_prompts_list{Method{.id = "prompts/list", .handle = list_prompts}};
const Registered<Method> k_prompts_get{Method{.id = "prompts/get", .handle = get_prompt}};

}  // namespace
}  // namespace exai::serve::mcp
