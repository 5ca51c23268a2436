#include "core/redact.hpp"
#include "core/sse.hpp"
#include "core/text.hpp"
#include "io/http.hpp"
#include "serve/providers/completion.hpp"

#include <charconv>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::serve {
namespace provider_client {
namespace {

constexpr int k_search_rounds = 4;
constexpr std::string_view k_web_search = "$web_search";

std::string variable(std::string_view key) {
  const Setting* setting = find_setting(key);
  return std::string(setting != nullptr ? setting->canonical_env() : key);
}

Millis retry_after(const io::HttpResponse& response) {
  const std::string text = response.header("retry-after");
  long long seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc{} || seconds < 0) return Millis{0};
  return std::min(Millis(std::chrono::seconds(std::min(seconds, 86'400LL))), Millis(std::chrono::hours(1)));
}

/// One client for one call: where, with what key, and until when.
class Client {
 public:
  Client(const Provider& provider, const ProviderCall& call)
      : provider_(provider),
        call_(call),
        key_(call.config.secret(provider.key_setting)),
        redactor_({key_}),
        deadline_(call.deadline.within(call.timeout > Millis{0}
                                           ? call.timeout
                                           : std::min(call.config.duration(provider.timeout_setting),
                                                      call.config.duration("timeouts.http")))) {}

  Result<io::HttpResponse> get(std::string_view path) {
    io::HttpRequest request = prepared(path);
    return judged(call_.transport.exchange(request));
  }
  Result<Completion> complete(const Json& body);
  Result<ProviderAnswer> ask(const ProviderAsk& ask) const;

 private:
  [[nodiscard]] io::HttpRequest prepared(std::string_view path) const;
  Result<Completion> whole(io::HttpRequest& request);
  Result<Completion> streamed(io::HttpRequest& request);
  Result<Completion> end_of_stream(const io::HttpResponse& response, Completion answer, std::string_view raw,
                                   bool done) const;
  [[nodiscard]] Result<io::HttpResponse> judged(Result<io::HttpResponse> response) const;
  [[nodiscard]] Error refused(const io::HttpResponse& response) const;
  [[nodiscard]] Error wrong_type(const io::HttpResponse& response) const;

  const Provider& provider_;
  const ProviderCall& call_;
  Secret key_;
  Redactor redactor_;
  Deadline deadline_;
};

io::HttpRequest Client::prepared(std::string_view path) const {
  io::HttpRequest request;
  std::string base = call_.config.text(provider_.url_setting);
  while (base.ends_with('/')) base.pop_back();
  request.url = base + std::string(path);
  if (!key_.empty()) request.headers.emplace_back("Authorization", "Bearer " + key_.reveal());
  request.deadline = deadline_;
  request.stop = call_.stop;
  return request;
}

Error Client::refused(const io::HttpResponse& response) const {
  const std::string key_name = variable(provider_.key_setting);
  const std::string url_name = variable(provider_.url_setting);
  const auto text = [&](std::string_view what) {
    return redactor_.apply(fmt::format("{} {} (HTTP {}): {}", provider_.title, what, response.status,
                                       error_text(response.body)));
  };
  switch (response.status) {
    case 401:
    case 403:
      return make_error(ErrorKind::config, text("refused the key"),
                        fmt::format("set {} to a valid key", key_name));
    case 404:
      return make_error(ErrorKind::not_found, text("does not know this address or model"),
                        fmt::format("check the model and {}", url_name));
    case 429: {
      Error error = make_error(ErrorKind::busy, text("answered rate limit"),
                               "wait and try again, or use another model");
      error.retry_after = retry_after(response);
      return error;
    }
    default:
      break;
  }
  if (response.status >= 300 && response.status < 400)
    return make_error(ErrorKind::provider, text("redirects, which is not followed"),
                      fmt::format("correct {}", url_name));
  const bool passing = response.status >= 500 || response.status == 408;
  Error error = make_error(ErrorKind::provider, text(passing ? "failed" : "refused the request"),
                           passing ? "try again; exai probe provider shows whether it is up" : "");
  error.retry_after = retry_after(response);
  return error;
}

Error Client::wrong_type(const io::HttpResponse& response) const {
  const std::string type = response.header("content-type");
  return make_error(
      ErrorKind::provider,
      fmt::format("{} answered with content type '{}' where JSON belongs", provider_.title,
                  type.empty() ? "none" : printable(type)),
      fmt::format("check that {} is the base of an OpenAI-compatible API", variable(provider_.url_setting)));
}

/// Status and transport errors as kinds that the caller can act on.
Result<io::HttpResponse> Client::judged(Result<io::HttpResponse> response) const {
  if (response) {
    if (response->status < 200 || response->status > 299) return fail(refused(*response));
    return response;
  }
  Error error = std::move(response.error());
  if (error.kind == ErrorKind::invalid)
    error.kind = ErrorKind::provider;  // a broken answer, not a broken question
  if (error.kind == ErrorKind::timeout && error.hint.empty())
    error.hint = fmt::format("raise {} or ask for less", variable(provider_.timeout_setting));
  error.message = redactor_.apply(error.message);
  return fail(std::move(error).during(fmt::format("asking {}", provider_.title)));
}

Result<Completion> Client::whole(io::HttpRequest& request) {
  const Result<io::HttpResponse> response = judged(call_.transport.exchange(request));
  if (!response) return fail(response.error());
  if (to_lower(response->header("content-type")).find("json") == std::string::npos)
    return fail(wrong_type(*response));
  return read_completion(response->body);
}

Result<Completion> Client::streamed(io::HttpRequest& request) {
  SseParser parser;
  Completion answer;
  std::string raw;  // an endpoint that cannot stream answers with one JSON text
  std::optional<Error> broken;
  bool done = false;
  const auto on_event = [&](const SseEvent& event) {
    if (broken || done) return;
    if (trim(event.data) == "[DONE]")
      done = true;
    else if (auto read = read_chunk(event.data, answer, call_.on_delta); !read)
      broken = read.error();
  };
  request.on_data = [&](std::string_view bytes) {
    if (!raw.empty() || (answer.model.empty() && bytes.starts_with('{'))) {
      raw += bytes;
      return true;
    }
    if (auto fed = parser.feed(bytes, on_event); !fed)
      broken = make_error(ErrorKind::provider, fed.error().message);
    return !broken && !done;
  };
  const Result<io::HttpResponse> response = judged(call_.transport.exchange(request));
  if (broken) return fail(std::move(*broken));
  if (!response) return fail(response.error());
  return end_of_stream(*response, std::move(answer), raw, done);
}

Result<Completion> Client::end_of_stream(const io::HttpResponse& response, Completion answer,
                                         std::string_view raw, bool done) const {
  const std::string type = to_lower(response.header("content-type"));
  if (!raw.empty() && type.find("json") != std::string::npos) {
    Result<Completion> whole = read_completion(raw);
    if (whole && !whole->content.empty() && call_.on_delta) call_.on_delta(whole->content);
    return whole;
  }
  if (type.find("text/event-stream") == std::string::npos) return fail(wrong_type(response));
  if (!done && answer.finish_reason.empty())
    return fail(ErrorKind::provider,
                fmt::format("the stream of {} ended early, after {} characters", provider_.title,
                            answer.content.size()),
                "try again");
  return answer;
}

Result<Completion> Client::complete(const Json& body) {
  io::HttpRequest request = prepared("/chat/completions");
  const bool stream = body.contains("stream") && body["stream"] == true;
  request.method = "POST";
  request.body = dump_json(body);
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Accept", stream ? "text/event-stream" : "application/json");
  Result<Completion> answer = stream ? streamed(request) : whole(request);
  if (!answer) answer.error().message = redactor_.apply(answer.error().message);
  return answer;
}

Result<ProviderAnswer> Client::ask(const ProviderAsk& ask) const {
  io::HttpRequest request = prepared(ask.path);
  request.method = ask.method;
  request.max_body = ask.max_body;
  request.form = ask.form;
  for (const auto& header : ask.headers) request.headers.push_back(header);
  if (!ask.body.is_null()) {
    request.body = dump_json(ask.body);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  if (ask.timeout > Millis{0}) request.deadline = call_.deadline.within(ask.timeout);
  Result<io::HttpResponse> response = judged(call_.transport.exchange(request));
  if (!response) return fail(response.error());
  return ProviderAnswer{response->status, std::move(response->headers), std::move(response->body)};
}

/// Kimi's own web search: the client repeats the asked arguments as the tool's result, and the provider
/// searches.
Result<void> echo_search(const Completion& answer, Json& body) {
  Json calls = Json::array();
  Json results = Json::array();
  for (const AskedTool& tool : answer.tools) {
    if (tool.name != k_web_search)
      return fail(ErrorKind::provider, fmt::format("the model asked for the tool '{}', which nobody offered",
                                                   printable(tool.name)));
    calls.push_back({{"id", tool.id},
                     {"type", "builtin_function"},
                     {"function", {{"name", tool.name}, {"arguments", tool.arguments}}}});
    results.push_back(
        {{"role", "tool"}, {"tool_call_id", tool.id}, {"name", tool.name}, {"content", tool.arguments}});
  }
  body["messages"].push_back(
      {{"role", "assistant"}, {"content", answer.content}, {"tool_calls", std::move(calls)}});
  for (Json& result : results) body["messages"].push_back(std::move(result));
  return {};
}

}  // namespace
}  // namespace provider_client

Result<Reply> provider_chat(const Provider& provider, const ChatRequest& request, const Model& model,
                            const ProviderCall& call) {
  using namespace provider_client;
  if (auto ready = require_configured(provider, call.config); !ready) return fail(ready.error());
  Json body = chat_body(provider, request, model, call.config);
  Client client(provider, call);
  Usage usage;
  for (int round = 0; round < k_search_rounds; ++round) {
    Result<Completion> answer = client.complete(body);
    if (!answer) return fail(answer.error());
    usage.prompt += answer->usage.prompt;
    usage.completion += answer->usage.completion;
    usage.cached += answer->usage.cached;
    if (answer->tools.empty()) {
      Reply reply;
      reply.content = std::move(answer->content);
      reply.reasoning = std::move(answer->reasoning);
      reply.provider = provider.id;
      reply.model = answer->model.empty() ? body["model"].get<std::string>() : answer->model;
      reply.finish_reason = answer->finish_reason.empty() ? "stop" : std::move(answer->finish_reason);
      reply.usage = usage;
      return reply;
    }
    if (auto echoed = echo_search(*answer, body); !echoed) return fail(echoed.error());
  }
  return fail(ErrorKind::provider,
              fmt::format("{} searched the web {} times without an answer", provider.title, k_search_rounds),
              "ask again with use_websearch=false");
}

Result<ProviderAnswer> provider_ask(const Provider& provider, const ProviderAsk& ask,
                                    const ProviderCall& call) {
  using namespace provider_client;
  if (auto ready = require_configured(provider, call.config); !ready) return fail(ready.error());
  return Client(provider, call).ask(ask);
}

Result<std::vector<std::string>> provider_models(const Provider& provider, const ProviderCall& call) {
  using namespace provider_client;
  if (auto ready = require_configured(provider, call.config); !ready) return fail(ready.error());
  const Result<io::HttpResponse> response = Client(provider, call).get("/models");
  if (!response) return fail(response.error());
  return read_model_list(response->body);
}

}  // namespace exai::serve
