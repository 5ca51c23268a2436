// A chat may take several exchanges: a provider's own web search, and the rest of an answer that was cut.
#include "models/providers/rounds.hpp"

#include "core/text.hpp"
#include "models/providers/body.hpp"
#include "models/providers/client.hpp"
#include "models/providers/context_cache.hpp"
#include "models/providers/joiner.hpp"

#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

constexpr int k_search_rounds = 4;
constexpr int k_more_rounds = 3;
constexpr std::string_view k_web_search = "$web_search";
constexpr std::array<std::string_view, 6> k_shown_headers{"msh-context-cache-token-saved",
                                                          "msh-context-cache-id",
                                                          "msh-trace-id",
                                                          "msh-request-id",
                                                          "x-request-id",
                                                          "x-log-id"};

std::string as_json_object(std::string_view text) {
  const Result<Json> document = parse_json(text);
  return document && document->is_object() ? std::string(text) : std::string();
}

class Rounds {
 public:
  Rounds(const Provider& provider, const ChatRequest& request, const Model& model, const ProviderCall& call)
      : provider_(provider),
        request_(request),
        model_(model),
        call_(call),
        client_(provider, call),
        body_(chat_body(provider, request, model, call.config)),
        stream_(client_.secrets()) {
    if (provider.headers != nullptr) provider.headers(request, call, headers_);
  }

  Result<Reply> run() {
    Result<Reply> reply = answered();
    if (reply) {
      emit(stream_.finish());
      clean(*reply);
    } else {
      reply.error().message = client_.secrets().apply(reply.error().message);
    }
    return reply;
  }

 private:
  Result<Reply> answered() {
    Result<Completion> answer = searched([this](std::string_view text) { stream(text); });
    if (!answer) return fail(answer.error());
    reply_.content = std::move(answer->content);
    take(*answer);
    const bool may_go_on = reply_.tools.empty() && request_.continue_cut && !reply_.content.empty();
    for (int round = 0; may_go_on && round < k_more_rounds && reply_.finish_reason == "length"; ++round) {
      const Result<bool> more = continue_answer();
      if (!more) return fail(more.error());
      if (!*more) break;
    }
    return std::move(reply_);
  }

  /// New text, on its way to the caller.
  void stream(std::string_view text) {
    if (!text.empty() && call_.on_delta) emit(stream_.feed(text));
  }

  /// The provider's words must not bring a configured secret to the client or the store.
  void clean(Reply& reply) {
    const Redactor& secrets = client_.secrets();
    for (std::string* const text : {&reply.content, &reply.reasoning, &reply.model, &reply.finish_reason})
      if (!secrets.clean(*text)) *text = secrets.apply(*text);
    for (auto& [name, value] : reply.headers) value = secrets.apply(value);
    for (ToolCall& tool : reply.tools) {
      tool.id = secrets.apply(tool.id);
      tool.name = secrets.apply(tool.name);
      // JSON may write a secret with escapes that no search for it finds.
      if (const Result<Json> arguments = parse_json(tool.arguments))
        if (std::string plain = dump_json(*arguments); !secrets.clean(plain))
          tool.arguments = std::move(plain);
      tool.arguments = secrets.apply(tool.arguments);
    }
  }

  void emit(std::string_view text) {
    if (text.empty()) return;
    if (call_.attempt != nullptr) call_.attempt->streamed = true;
    call_.on_delta(text);
  }

  /// All of an answer but its text, which the caller puts where it belongs.
  void take(Completion& answer) {
    reply_.reasoning += answer.reasoning;
    reply_.provider = provider_.id;
    reply_.model = answer.model.empty() ? model_.name : answer.model;
    reply_.finish_reason = answer.finish_reason.empty() ? "stop" : std::move(answer.finish_reason);
    reply_.tools = std::move(answer.tools);
  }

  Result<Completion> exchange(const ProviderClient::OnDelta& on_delta) {
    ProviderClient::Headers answered;
    Result<Completion> answer = client_.complete(body_, headers_, on_delta, answered);
    // The next exchange of this call is another question, so it must not look like the same one again.
    std::erase_if(headers_, [](const auto& header) { return header.first == "Idempotency-Key"; });
    reply_.headers.clear();
    for (auto& [name, value] : answered) {
      if (provider_.context_cache && call_.cache != nullptr && name == "msh-context-cache-token-saved")
        call_.cache->put(context_key(request_), value,
                         static_cast<std::size_t>(call_.config.integer("kimi.cache_tokens")),
                         call_.config.duration("kimi.cache_ttl"));
      if (std::find(k_shown_headers.begin(), k_shown_headers.end(), name) != k_shown_headers.end())
        reply_.headers.emplace_back(std::move(name), printable(value));
    }
    if (!answer) return answer;
    reply_.usage.prompt += answer->usage.prompt;
    reply_.usage.completion += answer->usage.completion;
    reply_.usage.cached += answer->usage.cached;
    return answer;
  }

  /// The answer once the provider has searched the web as often as its model wanted.
  Result<Completion> searched(const ProviderClient::OnDelta& on_delta) {
    for (int round = 0; round < k_search_rounds; ++round) {
      Result<Completion> answer = exchange(on_delta);
      if (!answer || answer->tools.empty()) return answer;
      const bool only_search = std::all_of(answer->tools.begin(), answer->tools.end(),
                                           [](const ToolCall& tool) { return tool.name == k_web_search; });
      if (!only_search) {
        if (auto known = only_offered(*answer); !known) return fail(known.error());
        return answer;
      }
      echo_search(*answer);
    }
    settle();
    return fail(
        ErrorKind::provider,
        fmt::format("{} searched the web {} times without an answer", provider_.title, k_search_rounds),
        "ask again with use_websearch=false");
  }

  /// A model may call only what was offered to it (security: T11).
  Result<void> only_offered(Completion& answer) {
    std::erase_if(answer.tools, [](const ToolCall& tool) { return tool.name == k_web_search; });
    for (const ToolCall& tool : answer.tools) {
      const bool offered = request_.tools.is_array() &&
                           std::any_of(request_.tools.begin(), request_.tools.end(), [&](const Json& one) {
                             const auto function = one.is_object() ? one.find("function") : one.end();
                             return one.is_object() && function != one.end() && function->is_object() &&
                                    function->value("name", Json()) == Json(tool.name);
                           });
      if (offered) continue;
      settle();
      return fail(ErrorKind::provider, fmt::format("the model asked for the tool '{}', which nobody offered",
                                                   printable(tool.name)));
    }
    return {};
  }

  /// Kimi's own web search: the client repeats the asked arguments as the tool's result, and the provider
  /// searches.
  void echo_search(const Completion& answer) {
    Json calls = Json::array();
    Json results = Json::array();
    for (const ToolCall& tool : answer.tools) {
      calls.push_back({{"id", tool.id},
                       {"type", "builtin_function"},
                       {"function", {{"name", tool.name}, {"arguments", tool.arguments}}}});
      results.push_back(
          {{"role", "tool"}, {"tool_call_id", tool.id}, {"name", tool.name}, {"content", tool.arguments}});
    }
    body_["messages"].push_back(
        {{"role", "assistant"}, {"content", answer.content}, {"tool_calls", std::move(calls)}});
    for (Json& result : results) body_["messages"].push_back(std::move(result));
  }

  /// Asks for the rest of a cut answer; false when nothing new came. A part of an answer is worth more than
  /// an error, so only a cancelled call ends as one.
  Result<bool> continue_answer() {
    if (call_.deadline.passed(call_.clock)) return false;
    const std::size_t messages_before = body_["messages"].size();
    body_.erase("response_format");  // it would make the model begin a new object
    body_["messages"].push_back({{"role", "assistant"}, {"content", reply_.content}});
    body_["messages"].push_back(
        {{"role", "user"},
         {"content",
          "Your answer was cut off. Continue exactly where you stopped, without repeating "
          "anything and without any introduction."}});
    Joiner joiner(reply_.content);
    std::string streamed;
    Result<Completion> answer = searched([&](std::string_view piece) {
      const std::string fresh = joiner.feed(piece);
      streamed += fresh;
      stream(fresh);
    });
    if (!answer) {
      if (answer.error().kind == ErrorKind::cancelled) return fail(answer.error());
      reply_.content += streamed;
      reply_.failed_attempts.push_back(fmt::format("{}/{}: the rest of a cut answer: {}", provider_.id,
                                                   model_.name, answer.error().message));
      return false;
    }
    if (!request_.stream) streamed = joiner.feed(answer->content);
    const std::string rest = joiner.finish();
    if (request_.stream) stream(rest);
    streamed += rest;
    const std::string alone = request_.json && !request_.stream ? as_json_object(answer->content) : "";
    if (!alone.empty() && as_json_object(reply_.content + streamed).empty())
      reply_.content = alone;  // it began anew, and came to the end
    else
      reply_.content += streamed;
    take(*answer);
    auto& messages = body_["messages"].get_ref<Json::array_t&>();
    messages.resize(messages_before);
    return !streamed.empty();
  }

  void settle() {
    if (call_.attempt != nullptr) call_.attempt->settled = true;
  }

  const Provider& provider_;
  const ChatRequest& request_;
  const Model& model_;
  const ProviderCall& call_;
  ProviderClient client_;
  Json body_;
  ProviderClient::Headers headers_;
  RedactedStream stream_;
  Reply reply_;
};

}  // namespace

Result<Reply> provider_chat(const Provider& provider, const ChatRequest& request, const Model& model,
                            const ProviderCall& call) {
  if (auto ready = require_configured(provider, call.config); !ready) return fail(ready.error());
  return Rounds(provider, request, model, call).run();
}

Result<ProviderAnswer> provider_ask(const Provider& provider, const ProviderRequest& request,
                                    const ProviderCall& call) {
  if (auto ready = require_configured(provider, call.config); !ready) return fail(ready.error());
  return ProviderClient(provider, call).ask(request);
}

Result<std::vector<std::string>> provider_models(const Provider& provider, const ProviderCall& call) {
  if (auto ready = require_configured(provider, call.config); !ready) return fail(ready.error());
  const Result<io::HttpResponse> response = ProviderClient(provider, call).get("/models");
  if (!response) return fail(response.error());
  Result<std::vector<std::string>> names = read_model_list(response->body);
  if (!names) names.error().message = Redactor(call.config.secrets()).apply(names.error().message);
  return names;
}

}  // namespace exai::models
