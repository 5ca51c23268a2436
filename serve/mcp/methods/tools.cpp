// tools/list and tools/call.
#include "core/json_access.hpp"
#include "mcp/errors.hpp"
#include "serve/mcp/list_page.hpp"
#include "serve/mcp/method.hpp"
#include "serve/mcp/refusal.hpp"
#include "serve/mcp/rounds.hpp"
#include "serve/mcp/stateless_checks.hpp"

namespace exai::serve::mcp {
namespace {

Action list_tools(MethodCall& call) {
  return list_page(call, call.catalogue->tool_list);
}

Action call_tool(MethodCall& call) {
  const std::string name = text_of(call.params, "name");
  const RpcId& id = call.id();
  if (name.empty()) return refuse(id, k_invalid_params, "tools/call needs params.name (a string)");
  const auto& offered = call.catalogue;
  const ToolEntry* entry = offered->tools().find(name);
  if (entry == nullptr) return refuse(id, to_rpc(unknown_tool(offered->tools(), name)));
  const auto given = call.params.find("arguments");
  Json arguments = given == call.params.end() ? Json::object() : std::move(*given);
  const RequestContext& context = call.context;
  if (context.revision.era == Era::stateless && call.request != nullptr) {
    if (auto error = check_param_headers(*entry, arguments, *call.request)) return refuse(id, *error);
  }
  const tools::Tool& tool = *entry->tool;
  if (const Result<void> fits = check_arguments(*entry, arguments); !fits) {
    if (!arguments.is_object() || !input_errors_are_results(context.revision))
      return refuse(id, to_rpc(fits.error()));
    return SendAnswer{rpc_result(
        id, call.writer.failed_tool(context.revision.era, fits.error(), !output_schema(tool).empty()))};
  }
  if (tool.task == tools::TaskUse::required && !context.caller.client.tasks)
    return refuse_without_tasks(id, "the tool " + name + " runs as a task only",
                                context.revision.era == Era::stateless ? 400 : 200);
  BeginCall begin;
  const auto shared = std::make_shared<const Json>(std::move(arguments));
  if (auto error = read_rounds(context, call.message.method, name, call.params, shared, begin))
    return refuse(id, *error);
  begin.id = id;
  begin.job = tools::tool_job(entry->tool, shared);
  begin.task = tool.task;
  begin.has_output_schema = !output_schema(tool).empty();
  return begin;
}

const Registered<Method> k_tools_list{Method{.id = "tools/list", .handle = list_tools}};
const Registered<Method> k_tools_call{
    Method{.id = "tools/call", .scope = Scope::operator_, .handle = call_tool}};

}  // namespace
}  // namespace exai::serve::mcp
