#include "core/text.hpp"
#include "tools/envelope.hpp"
#include "tools/kimi_common.hpp"
#include "tools/web_search.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr int k_rounds = 3;

/// A failure that the caller can act on, in the words that the tool has always used.
engine::ToolOutput failed(std::string_view status, const Error& error) {
  Json result{{"status", status},
              {"error_class", to_string(error.kind)},
              {"provider", "KIMI"},
              {"tool", "kimi_chat_with_tools"},
              {"error", error.message}};
  if (!error.hint.empty()) result["suggestion"] = error.hint;
  if (error.retry_after > Millis{0}) result["retry_after_ms"] = error.retry_after.count();
  engine::ToolOutput output = json_output(std::move(result));
  output.is_error = true;
  output.provider = "kimi";
  return output;
}

Result<Json> offered_tools(const Json& arguments) {
  Json tools = Json::array();
  bool searches = false;
  if (const auto given = arguments.find("tools"); given != arguments.end()) {
    for (std::size_t at = 0; at < given->size(); ++at) {
      const Json& tool = (*given)[at];
      const auto function = tool.find("function");
      const bool named =
          function != tool.end() && function->is_object() && function->value("name", Json()).is_string();
      if (!named)
        return fail(ErrorKind::invalid, fmt::format("tools/{}: a function with a name belongs here", at),
                    R"(write {"type": "function", "function": {"name": "...", "parameters": {...}}})");
      searches = searches || (*function)["name"] == k_web_search_function;
      tools.push_back(tool);
    }
  }
  if (arguments.value("use_websearch", false) && !searches) tools.push_back(web_search_function());
  return tools;
}

Json call_facts(const models::ToolCall& call) {
  return {{"id", call.id},
          {"type", "function"},
          {"function", {{"name", call.name}, {"arguments", call.arguments}}}};
}

Json calls_facts(const models::Reply& reply) {
  Json calls = Json::array();
  for (const models::ToolCall& call : reply.tools) calls.push_back(call_facts(call));
  return calls;
}

/// The conversation with the model, round by round.
class Conversation {
 public:
  Conversation(const Json& arguments, engine::CallContext& context)
      : arguments_(arguments), context_(context) {}

  Result<void> prepare() {
    Result<models::ChatRequest> request =
        kimi_request(context_, "kimi_chat_with_tools", arguments_.value("model", "kimi-k2-0711-preview"));
    if (!request) return fail(request.error());
    Result<std::vector<models::ChatMessage>> messages = read_messages(arguments_.at("messages"));
    if (!messages) return fail(messages.error());
    Result<Json> tools = offered_tools(arguments_);
    if (!tools) return fail(tools.error());
    request_ = std::move(*request);
    request_.messages = std::move(*messages);
    request_.temperature = arguments_.value("temperature", 0.6);
    request_.stream = arguments_.value("stream", false);
    request_.continue_cut = false;
    if (!tools->empty()) {
      request_.tools = std::move(*tools);
      request_.tool_choice = arguments_.value("tool_choice", Json("auto"));
    }
    return {};
  }

  Result<engine::CallAnswer> run() {
    for (int round = 0; round < k_rounds; ++round) {
      Result<models::Reply> reply = ask();
      if (!reply && reply.error().kind == ErrorKind::cancelled) return fail(reply.error());
      if (!reply) return failed("execution_error", reply.error());
      usage_.prompt += reply->usage.prompt;
      usage_.completion += reply->usage.completion;
      usage_.cached += reply->usage.cached;
      reply->usage = usage_;
      if (reply->tools.empty()) return answered(json_output(facts(*reply, "success")), *reply);
      Result<bool> own = run_own(*reply);
      if (!own && own.error().kind == ErrorKind::cancelled) return fail(own.error());
      if (!own) return failed("tool_call_error", own.error());
      if (!*own) {
        Json pending = facts(*reply, "tool_call_pending");
        if (!results_.empty()) pending["tool_results"] = results_;
        return answered(json_output(std::move(pending)), *reply);
      }
      last_ = std::move(*reply);
    }
    Json result = facts(last_, "max_tool_depth_reached");
    result["suggestion"] =
        fmt::format("the model still asks for tools after {} rounds; ask for less at once", k_rounds);
    return answered(json_output(std::move(result)), last_);
  }

 private:
  Result<models::Reply> ask() {
    std::function<void(std::string_view)> on_delta;
    if (request_.stream)
      on_delta = [this](std::string_view delta) {
        context_.progress({.text = std::string(delta), .message = {}});
      };
    return context_.chat(request_, on_delta);
  }

  /// Runs the searches that the model asked for. False when it wants something else too, which is the
  /// client's to run; then results_ has what could be done here.
  Result<bool> run_own(const models::Reply& reply) {
    results_ = Json::array();
    bool all = true;
    for (const models::ToolCall& call : reply.tools) {
      if (call.name != k_web_search_function || !offers_search()) {
        all = false;
        continue;
      }
      const Result<Json> asked = parse_json(call.arguments);
      const bool usable = asked && asked->is_object() && asked->value("query", Json()).is_string();
      if (!usable)
        return fail(ErrorKind::provider, "the model asked for a web search without a query", "ask again");
      context_.progress({.text = {}, .message = "searching the web"});
      const Result<Json> found = web_search(context_, (*asked)["query"].get<std::string>());
      if (!found) return fail(found.error());
      results_.push_back(
          {{"role", "tool"}, {"tool_call_id", call.id}, {"name", call.name}, {"content", dump_json(*found)}});
    }
    if (!all) return false;
    request_.messages.push_back(
        {"assistant", reply.content,
         Json{{"role", "assistant"}, {"content", reply.content}, {"tool_calls", calls_facts(reply)}}});
    for (const Json& result : results_) request_.messages.push_back({"tool", {}, result});
    return true;
  }

  [[nodiscard]] bool offers_search() const {
    return std::any_of(request_.tools.begin(), request_.tools.end(),
                       [](const Json& tool) { return tool["function"]["name"] == k_web_search_function; });
  }

  [[nodiscard]] Json facts(const models::Reply& reply, std::string_view status) const {
    Json raw{{"finish_reason", reply.finish_reason}};
    if (!reply.reasoning.empty()) raw["reasoning"] = reply.reasoning;
    for (const auto& [name, value] : reply.headers) raw["headers"][name] = value;
    Json shown{{"status", status},
               {"provider", "KIMI"},
               {"model", reply.model},
               {"content", reply.content},
               {"tool_calls", calls_facts(reply)},
               {"usage", usage_facts(usage_)},
               {"raw", std::move(raw)}};
    if (std::string cut = cut_note(reply); !cut.empty()) shown["warning"] = std::move(cut);
    return shown;
  }

  const Json& arguments_;
  engine::CallContext& context_;
  models::ChatRequest request_;
  models::Usage usage_;
  Json results_ = Json::array();
  models::Reply last_;
};

Result<engine::CallAnswer> run_kimi_chat_with_tools(const Json& arguments, engine::CallContext& context) {
  Conversation conversation(arguments, context);
  if (Result<void> ready = conversation.prepare(); !ready) return failed("invalid_request", ready.error());
  return conversation.run();
}

const Registered<Tool> k_kimi_chat_with_tools_tool{
    Tool{.id = "kimi_chat_with_tools",
         .title = "Ask Kimi with functions",
         .description = "Asks Kimi with functions; calls of yours come back as tool_call_pending.",
         .idempotent = false,
         .open_world = true,
         .budget = timeouts::Layer::workflow,
         .provider = "kimi",
         .run = &run_kimi_chat_with_tools}};

}  // namespace
}  // namespace exai::tools
