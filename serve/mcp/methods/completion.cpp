// completion/complete: the values that an argument may have.
#include "core/json_access.hpp"
#include "serve/mcp/method.hpp"
#include "serve/mcp/refusal.hpp"

namespace exai::serve::mcp {
namespace {

Action complete(MethodCall& call) {
  const RpcId& id = call.id();
  const Json& ref = member_of(call.params, "ref");
  const Json& argument = member_of(call.params, "argument");
  const std::string type = text_of(ref, "type"), name = text_of(argument, "name");
  if (name.empty() || !member_of(argument, "value").is_string())
    return refuse(id, k_invalid_params, "completion/complete needs params.argument {name, value}");
  const auto& offered = call.catalogue;
  std::function<std::vector<std::string>(std::string_view, std::string_view, engine::CallContext&)> source;
  Scope scope = Scope::viewer;
  std::string subject;
  if (type == "ref/prompt") {
    const PromptEntry* prompt = offered->find_prompt(text_of(ref, "name"));
    if (prompt == nullptr)
      return refuse(id, k_invalid_params, "unknown prompt " + quote_json(shown(text_of(ref, "name"))));
    source = prompt->complete;
  } else if (type == "ref/resource") {
    const std::string uri = text_of(ref, "uri");
    const ResourceEntry* resource = offered->find_template(uri);
    if (resource == nullptr && !offered->find_resource(uri))
      return refuse(id, k_invalid_params, "unknown resource template " + quote_json(shown(uri)));
    if (resource != nullptr) {
      source = resource->complete;
      scope = resource->scope;
      subject = resource->uri;
    }
  } else {
    return refuse(id, k_invalid_params, "params.ref.type must be ref/prompt or ref/resource");
  }
  BeginCall begin;
  begin.id = id;
  begin.kind = AnswerKind::completion;
  begin.job = std::make_shared<const engine::Job>(
      engine::Job{.name = call.message.method,
                  .subject = std::move(subject),
                  .work = source ? engine::Work::blocking : engine::Work::inline_,
                  .scope = scope,
                  .run = [source, name, begun = text_of(argument, "value")](
                             engine::CallContext& context) -> Result<engine::CallAnswer> {
                    engine::CompletionOutput output;
                    if (source) output.values = source(name, begun, context);
                    return output;
                  }});
  return begin;
}

const Registered<Method> k_completion{Method{.id = "completion/complete", .handle = complete}};

}  // namespace
}  // namespace exai::serve::mcp
