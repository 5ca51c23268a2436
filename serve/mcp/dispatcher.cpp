#include "serve/mcp/dispatcher.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"
#include "mcp/errors.hpp"
#include "serve/mcp/stateless_checks.hpp"

#include <array>
#include <optional>

namespace exai::serve::mcp {
namespace {

SendAnswer refuse(const RpcId& id, RpcError error) {
  return {rpc_error(id, error), error.http, {}};
}

SendAnswer refuse(const RpcId& id, int code, std::string message, Json data = nullptr, int http = 200) {
  RpcError error;
  error.code = code;
  error.message = std::move(message);
  error.data = std::move(data);
  error.http = http;
  return refuse(id, std::move(error));
}

/// How much of a client's word is shown back to it.
std::string shown(const std::string& word) {
  return printable(std::string_view(word).substr(0, 128));
}

SendAnswer refuse_scope(const RpcId& id, const engine::Principal& principal, engine::Scope needed,
                        const std::string& what) {
  const RpcError error = to_rpc(make_error(ErrorKind::refused,
                                           "the key " + principal.name + " has the scope " +
                                               std::string(engine::to_string(principal.scope)) + ", but " +
                                               what + " needs " + std::string(engine::to_string(needed)),
                                           "use a key of that scope (exai key list)"));
  return {rpc_error(id, error), 403, needed};
}

std::optional<RpcError> read_inputs(const Json& params, BeginCall& call) {
  RpcError error;
  error.code = k_invalid_params;
  if (const auto responses = params.find("inputResponses"); responses != params.end()) {
    error.message = "inputResponses must be an object of objects";
    if (!responses->is_object()) return error;
    for (const Json& response : *responses)
      if (!response.is_object()) return error;
    call.inputs = *responses;
  }
  if (const auto state = params.find("requestState"); state != params.end()) {
    error.message = "requestState must be the text that this server sent";
    if (!state->is_string() || state->get_ref<const std::string&>().empty()) return error;
    call.sealed_state = state->get<std::string>();
  }
  return std::nullopt;
}

/// What a state must not be carried away from.
std::string digest_of(std::string_view method, std::string_view name, const Json& arguments) {
  return sha256_hex(std::string(method) + "\n" + std::string(name) + "\n" + dump_json(arguments));
}

/// The rounds of a request belong to the stateless revision; older clients get real requests instead.
std::optional<RpcError> read_rounds(const RequestContext& context, const std::string& method,
                                    const std::string& name, const Json& params,
                                    std::shared_ptr<const Json> arguments, BeginCall& call) {
  if (context.revision.era == Era::session) return std::nullopt;
  call.digest = [method, name, arguments = std::move(arguments)] {
    return digest_of(method, name, *arguments);
  };
  return read_inputs(params, call);
}

Result<std::vector<std::string>> string_list(const Json& object, const char* key, std::size_t max) {
  std::vector<std::string> list;
  const Json& value = member_of(object, key);
  if (value.is_null()) return list;
  if (!value.is_array() || value.size() > max)
    return fail(ErrorKind::invalid,
                std::string(key) + " must be a list of at most " + std::to_string(max) + " texts");
  for (const Json& item : value) {
    if (!item.is_string()) return fail(ErrorKind::invalid, std::string(key) + " must be a list of texts");
    list.push_back(item.get<std::string>());
  }
  return list;
}

}  // namespace

struct Dispatcher::Method {
  std::string_view name;
  bool in_session, stateless;
  engine::Scope scope;
  Action (Dispatcher::*handle)(MethodCall&) const;
};

const Dispatcher::Method* Dispatcher::find_method(std::string_view name, Era era) {
  static constexpr std::array<Method, 18> k_methods{{
      {"tools/call", true, true, engine::Scope::operator_, &Dispatcher::call_tool},
      {"tools/list", true, true, engine::Scope::viewer, &Dispatcher::list},
      {"prompts/list", true, true, engine::Scope::viewer, &Dispatcher::list},
      {"prompts/get", true, true, engine::Scope::viewer, &Dispatcher::get_prompt},
      {"resources/list", true, true, engine::Scope::viewer, &Dispatcher::list},
      {"resources/templates/list", true, true, engine::Scope::viewer, &Dispatcher::list},
      {"resources/read", true, true, engine::Scope::viewer, &Dispatcher::read_resource},
      {"completion/complete", true, true, engine::Scope::viewer, &Dispatcher::complete},
      {"initialize", true, false, engine::Scope::viewer, &Dispatcher::initialize},
      {"ping", true, false, engine::Scope::viewer, &Dispatcher::ping},
      {"logging/setLevel", true, false, engine::Scope::viewer, &Dispatcher::set_level},
      {"resources/subscribe", true, false, engine::Scope::viewer, &Dispatcher::subscribe},
      {"resources/unsubscribe", true, false, engine::Scope::viewer, &Dispatcher::subscribe},
      {"server/discover", false, true, engine::Scope::viewer, &Dispatcher::discover},
      {"subscriptions/listen", false, true, engine::Scope::viewer, &Dispatcher::listen},
      {"tasks/get", false, true, engine::Scope::operator_, &Dispatcher::task},
      {"tasks/update", false, true, engine::Scope::operator_, &Dispatcher::task},
      {"tasks/cancel", false, true, engine::Scope::operator_, &Dispatcher::task},
  }};
  for (const Method& method : k_methods)
    if (method.name == name)
      return (era == Era::session ? method.in_session : method.stateless) ? &method : nullptr;
  return nullptr;
}

Action Dispatcher::dispatch(RpcMessage message, const RequestContext& context,
                            const net::HttpRequest* http) const {
  switch (message.kind) {
    case RpcMessage::Kind::request:
      return request(message, context, http);
    case RpcMessage::Kind::notification:
      if (message.method != "notifications/cancelled") return Accepted{};
      return CancelCall{rpc_id(member_of(message.params, "requestId"))};
    case RpcMessage::Kind::response:
      return TakeResponse{message.id, std::move(message.params)};
  }
  return Accepted{};
}

Action Dispatcher::request(RpcMessage& message, const RequestContext& context,
                           const net::HttpRequest* http) const {
  const Era era = context.revision.era;
  if (era == Era::stateless) {
    if (auto error = check_envelope(message, http)) return refuse(message.id, std::move(*error));
  } else if (message.params.is_array()) {
    return refuse(message.id, k_invalid_params, "params must be an object with named members");
  }
  const Method* method = find_method(message.method, era);
  if (method == nullptr) {
    const std::string suggestion = did_you_mean(
        message.method, {"initialize", "ping", "tools/list", "tools/call", "resources/list", "resources/read",
                         "prompts/list", "prompts/get", "completion/complete", "server/discover"});
    return refuse(
        message.id, k_method_not_found,
        "method not found: " + shown(message.method) + (suggestion.empty() ? "" : "; " + suggestion), nullptr,
        era == Era::stateless ? 404 : 200);
  }
  if (!context.caller.principal.may(method->scope))
    return refuse_scope(message.id, context.caller.principal, method->scope, shown(message.method));
  MethodCall call{message, context, http,
                  message.params.is_object() ? std::move(message.params) : Json::object()};
  return (this->*method->handle)(call);
}

Action Dispatcher::initialize(MethodCall& call) const {
  const std::string wanted = text_of(call.params, "protocolVersion");
  if (wanted.empty())
    return refuse(call.message.id, k_invalid_params, "initialize needs params.protocolVersion (a string)",
                  {{"supported", session_versions()}});
  const std::string_view version = negotiate_version(wanted);
  return OpenSession{
      rpc_result(call.message.id, writer_.initialize(version)), std::string(version),
      read_client(member_of(call.params, "capabilities"), member_of(call.params, "clientInfo"))};
}

Action Dispatcher::ping(MethodCall& call) const {
  return SendAnswer{rpc_result(call.message.id, writer_.empty(Era::session))};
}

Action Dispatcher::discover(MethodCall& call) const {
  return SendAnswer{rpc_result(call.message.id, writer_.discover())};
}

Action Dispatcher::set_level(MethodCall& call) const {
  const std::optional<engine::ClientLog> level = engine::client_log_level(text_of(call.params, "level"));
  if (!level)
    return refuse(call.message.id, k_invalid_params,
                  "logging/setLevel needs params.level: debug, info, notice, warning, error, "
                  "critical, alert or emergency");
  return SetLogLevel{call.message.id, *level};
}

Action Dispatcher::subscribe(MethodCall& call) const {
  std::string uri = text_of(call.params, "uri");
  if (uri.empty())
    return refuse(call.message.id, k_invalid_params, call.message.method + " needs params.uri (a string)");
  return SetSubscription{call.message.id, std::move(uri), call.message.method == "resources/subscribe"};
}

Action Dispatcher::list(MethodCall& call) const {
  const std::string& method = call.message.method;
  const auto offered = catalogue();
  const Listing& listing = method == "tools/list"       ? offered->tool_list
                           : method == "prompts/list"   ? offered->prompt_list
                           : method == "resources/list" ? offered->resource_list
                                                        : offered->template_list;
  const Json& cursor = member_of(call.params, "cursor");
  const bool text = cursor.is_string() && !cursor.get_ref<const std::string&>().empty();
  const std::string* page =
      cursor.is_null() ? listing.page(call.context.revision.era, {})
      : text           ? listing.page(call.context.revision.era, cursor.get_ref<const std::string&>())
                       : nullptr;
  if (page == nullptr)
    return refuse(call.message.id, k_invalid_params,
                  "invalid cursor: it is not of this list as it is now; list again without one");
  return SendAnswer{rpc_result(call.message.id, *page)};
}

Action Dispatcher::call_tool(MethodCall& call) const {
  const std::string name = text_of(call.params, "name");
  const RpcId& id = call.message.id;
  if (name.empty()) return refuse(id, k_invalid_params, "tools/call needs params.name (a string)");
  const auto offered = catalogue();
  const ToolEntry* entry = offered->tools().find(name);
  if (entry == nullptr) return refuse(id, to_rpc(unknown_tool(offered->tools(), name)));
  const auto given = call.params.find("arguments");
  Json arguments = given == call.params.end() ? Json::object() : std::move(*given);
  const RequestContext& context = call.context;
  if (context.revision.era == Era::stateless && call.request != nullptr) {
    if (auto error = check_param_headers(*entry, arguments, *call.request))
      return refuse(id, std::move(*error));
  }
  const tools::Tool& tool = *entry->tool;
  if (const Result<void> fits = check_arguments(*entry, arguments); !fits) {
    if (!arguments.is_object() || !input_errors_are_results(context.revision))
      return refuse(id, to_rpc(fits.error()));
    return SendAnswer{rpc_result(
        id, writer_.failed_tool(context.revision.era, fits.error(), !output_schema(tool).empty()))};
  }
  if (tool.task == tools::TaskUse::required && !context.caller.client.tasks) {
    return refuse(id, k_missing_capability, "the tool " + name + " runs as a task only",
                  {{"requiredCapabilities", {{"extensions", {{k_tasks_extension, Json::object()}}}}}},
                  context.revision.era == Era::stateless ? 400 : 200);
  }
  BeginCall begin;
  const auto shared = std::make_shared<const Json>(std::move(arguments));
  if (auto error = read_rounds(context, call.message.method, name, call.params, shared, begin))
    return refuse(id, std::move(*error));
  begin.id = id;
  begin.job = tools::tool_job(entry->tool, shared);
  begin.task = tool.task;
  begin.has_output_schema = !output_schema(tool).empty();
  return begin;
}

Action Dispatcher::get_prompt(MethodCall& call) const {
  const RpcId& id = call.message.id;
  const std::string name = text_of(call.params, "name");
  const auto offered = catalogue();
  const PromptEntry* prompt = offered->find_prompt(name);
  if (prompt == nullptr) {
    const std::string suggestion = did_you_mean(name, offered->prompt_names());
    return refuse(
        id, k_invalid_params,
        "unknown prompt " + quote_json(shown(name)) + (suggestion.empty() ? "" : "; " + suggestion));
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
    return refuse(id, std::move(*error));
  begin.id = id;
  begin.kind = AnswerKind::prompt;
  begin.job = std::make_shared<const engine::Job>(
      engine::Job{call.message.method, prompt->work, timeouts::Layer::simple,
                  [offered, prompt, arguments = std::move(arguments)](engine::CallContext& context) {
                    return prompt->make(arguments, context);
                  }});
  return begin;
}

Action Dispatcher::read_resource(MethodCall& call) const {
  const RpcId& id = call.message.id;
  std::string uri = text_of(call.params, "uri");
  if (uri.empty()) return refuse(id, k_invalid_params, "resources/read needs params.uri (a string)");
  const auto offered = catalogue();
  std::optional<FoundResource> found = offered->find_resource(uri);
  if (!found) {
    const std::string suggestion = did_you_mean(uri, offered->resource_uris());
    return refuse(
        id, call.context.revision.era == Era::session ? k_resource_not_found : k_invalid_params,
        "unknown resource " + quote_json(shown(uri)) + (suggestion.empty() ? "" : "; " + suggestion),
        {{"uri", uri}});
  }
  if (!call.context.caller.principal.may(found->entry->scope))
    return refuse_scope(id, call.context.caller.principal, found->entry->scope, found->entry->uri);
  BeginCall begin;
  const auto nothing = std::make_shared<const Json>();
  if (auto error = read_rounds(call.context, call.message.method, uri, call.params, nothing, begin))
    return refuse(id, std::move(*error));
  begin.id = id;
  begin.kind = AnswerKind::resource;
  begin.hint = found->entry->hint;
  begin.uri = std::move(uri);
  begin.job = std::make_shared<const engine::Job>(engine::Job{
      call.message.method, found->entry->work, timeouts::Layer::simple,
      [offered, entry = found->entry, variables = std::move(found->variables)](engine::CallContext& context) {
        return entry->read(variables, context);
      }});
  return begin;
}

Action Dispatcher::complete(MethodCall& call) const {
  const RpcId& id = call.message.id;
  const Json& ref = member_of(call.params, "ref");
  const Json& argument = member_of(call.params, "argument");
  const std::string type = text_of(ref, "type"), name = text_of(argument, "name");
  if (name.empty() || !member_of(argument, "value").is_string())
    return refuse(id, k_invalid_params, "completion/complete needs params.argument {name, value}");
  const auto offered = catalogue();
  std::function<std::vector<std::string>(std::string_view, std::string_view, engine::CallContext&)> source;
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
    if (resource != nullptr) source = resource->complete;
  } else {
    return refuse(id, k_invalid_params, "params.ref.type must be ref/prompt or ref/resource");
  }
  BeginCall begin;
  begin.id = id;
  begin.kind = AnswerKind::completion;
  begin.job = std::make_shared<const engine::Job>(engine::Job{
      call.message.method, source ? engine::Work::blocking : engine::Work::inline_, timeouts::Layer::simple,
      [source, name,
       begun = text_of(argument, "value")](engine::CallContext& context) -> Result<engine::CallAnswer> {
        engine::CompletionOutput output;
        if (source) output.values = source(name, begun, context);
        return output;
      }});
  return begin;
}

Action Dispatcher::listen(MethodCall& call) const {
  const Json& wanted = member_of(call.params, "notifications");
  if (!wanted.is_object())
    return refuse(call.message.id, k_invalid_params,
                  "subscriptions/listen needs params.notifications (an object)");
  BeginListen begin;
  begin.id = call.message.id;
  begin.filter.tools = member_of(wanted, "toolsListChanged") == true;
  begin.filter.prompts = member_of(wanted, "promptsListChanged") == true;
  begin.filter.resources = member_of(wanted, "resourcesListChanged") == true;
  Result<std::vector<std::string>> uris = string_list(wanted, "resourceSubscriptions", k_max_subscriptions);
  if (!uris) return refuse(call.message.id, to_rpc(uris.error()));
  begin.filter.uris = std::move(*uris);
  Result<std::vector<std::string>> tasks = string_list(wanted, "taskIds", k_max_subscriptions);
  if (!tasks) return refuse(call.message.id, to_rpc(tasks.error()));
  if (call.context.caller.client.tasks) begin.filter.tasks = std::move(*tasks);
  return begin;
}

Action Dispatcher::task(MethodCall& call) const {
  if (!call.context.caller.client.tasks)
    return refuse(call.message.id, k_missing_capability,
                  std::string("tasks need the client's extension ") + k_tasks_extension,
                  {{"requiredCapabilities", {{"extensions", {{k_tasks_extension, Json::object()}}}}}}, 400);
  TaskRequest request;
  request.id = call.message.id;
  request.task = text_of(call.params, "taskId");
  if (request.task.empty())
    return refuse(request.id, k_invalid_params, call.message.method + " needs params.taskId (a string)");
  if (call.message.method == "tasks/get") return request;
  if (call.message.method == "tasks/cancel") {
    request.what = TaskRequest::What::cancel;
    return request;
  }
  request.what = TaskRequest::What::update;
  BeginCall read;
  if (auto error = read_inputs(call.params, read)) return refuse(request.id, std::move(*error));
  request.responses = std::move(read.inputs);
  return request;
}

}  // namespace exai::serve::mcp
