#include "tools/kimi_common.hpp"

#include "core/text.hpp"
#include "models/providers/choose.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::tools {

Result<models::ChatRequest> kimi_request(const engine::CallContext& context, const std::string& tool,
                                         const std::string& model) {
  const Result<models::ModelChoice> choice = models::choose_model(context.config(), context.models(), model);
  if (!choice) return fail(choice.error());
  if (choice->provider->id != "kimi")
    return fail(ErrorKind::invalid,
                fmt::format("model: {} is a model of {}, {} asks Kimi", printable(model),
                            choice->provider->title, tool),
                "name a model of Kimi, or leave it out; listmodels shows them");
  models::ChatRequest request;
  request.model = model;
  request.needs.tool = tool;
  request.failover = false;  // what it refers to is at Kimi
  return request;
}

Json usage_facts(const models::Usage& usage) {
  return {{"prompt_tokens", usage.prompt},
          {"completion_tokens", usage.completion},
          {"cached_tokens", usage.cached}};
}

engine::ToolOutput answered(engine::ToolOutput output, const models::Reply& reply) {
  output.provider = reply.provider;
  output.model = reply.model;
  output.usage = reply.usage;
  return output;
}

Result<std::vector<models::ChatMessage>> read_messages(const Json& messages) {
  constexpr std::array<std::string_view, 4> k_roles{"system", "user", "assistant", "tool"};
  const std::string hint = R"(send [{"role": "user", "content": "..."}] or one string)";
  std::vector<models::ChatMessage> list;
  if (messages.is_string()) {
    if (trim(messages.get_ref<const std::string&>()).empty())
      return fail(ErrorKind::invalid, "messages: the text is blank", hint);
    list.push_back({"user", messages.get<std::string>(), {}});
    return list;
  }
  if (!messages.is_array() || messages.empty())
    return fail(ErrorKind::invalid, "messages: there is none", hint);
  for (std::size_t at = 0; at < messages.size(); ++at) {
    const Json& message = messages[at];
    const auto role = message.is_object() ? message.find("role") : message.end();
    if (!message.is_object() || role == message.end() || !role->is_string() ||
        std::find(k_roles.begin(), k_roles.end(), role->get_ref<const std::string&>()) == k_roles.end())
      return fail(ErrorKind::invalid,
                  fmt::format("messages/{}: the role must be system, user, assistant or tool", at), hint);
    const auto content = message.find("content");
    const bool calls = message.contains("tool_calls");
    if (!calls && (content == message.end() || !(content->is_string() || content->is_array())))
      return fail(ErrorKind::invalid, fmt::format("messages/{}: the content must be text", at), hint);
    const bool plain = message.size() == 2 && content != message.end() && content->is_string();
    list.push_back({role->get<std::string>(), plain ? content->get<std::string>() : std::string(),
                    plain ? Json() : message});
  }
  return list;
}

}  // namespace exai::tools
