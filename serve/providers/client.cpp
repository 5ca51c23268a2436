#include "serve/providers/client.hpp"

#include "core/sse.hpp"
#include "core/text.hpp"
#include "io/http.hpp"

#include <charconv>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::serve {
namespace provider_client {
namespace {

constexpr std::size_t k_largest_answer = std::size_t{16} << 20U;

Millis retry_after(const io::HttpResponse& response) {
  const std::string text = response.header("retry-after");
  long long seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc{} || seconds < 0) return Millis{0};
  return std::min(Millis(std::chrono::seconds(std::min(seconds, 86'400LL))), Millis(std::chrono::hours(1)));
}

}  // namespace
}  // namespace provider_client

ProviderClient::ProviderClient(const Provider& provider, const ProviderCall& call)
    : provider_(provider),
      call_(call),
      key_(call.config.secret(provider.key_setting)),
      redactor_({key_}),
      deadline_(call.patience > Millis{0}
                    ? call.deadline.within(call.patience, call.clock)
                    : call.deadline.within(call.config.duration(provider.timeout_setting), call.clock)
                          .within(call.config.duration("timeouts.http"), call.clock)) {}

Result<io::HttpResponse> ProviderClient::get(std::string_view path) {
  return judged(call_.transport.exchange(prepared(path)));
}

void ProviderClient::settle() {
  if (call_.attempt != nullptr) call_.attempt->settled = true;
}

Error ProviderClient::too_large(std::size_t most) {
  settle();
  return make_error(ErrorKind::provider,
                    fmt::format("the answer of {} is larger than {} bytes", provider_.title, most));
}

io::HttpRequest ProviderClient::prepared(std::string_view path) const {
  io::HttpRequest request;
  std::string base = call_.config.text(provider_.url_setting);
  while (base.ends_with('/')) base.pop_back();
  request.url = base + std::string(path);
  if (!key_.empty()) request.headers.emplace_back("Authorization", "Bearer " + key_.reveal());
  request.max_body =
      provider_client::k_largest_answer + (std::size_t{1} << 20U);  // our own limit comes first
  request.deadline = Deadline::after(deadline_.left(call_.clock));  // sockets live by the machine's clock
  request.stop = call_.stop;
  return request;
}

Error ProviderClient::refused(const io::HttpResponse& response) {
  const std::string_view key_name = setting_name(provider_.key_setting);
  const std::string_view url_name = setting_name(provider_.url_setting);
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
      error.retry_after = provider_client::retry_after(response);
      return error;
    }
    default:
      break;
  }
  if (response.status >= 300 && response.status < 400) {
    settle();
    return make_error(ErrorKind::provider, text("redirects, which is not followed"),
                      fmt::format("correct {}", url_name));
  }
  const bool passing = response.status >= 500 || response.status == 408;
  Error error = make_error(ErrorKind::provider, text(passing ? "failed" : "refused the request"),
                           passing ? "try again; exai probe provider shows whether it is up" : "");
  error.retry_after = provider_client::retry_after(response);
  return error;
}

Error ProviderClient::wrong_type(const io::HttpResponse& response) {
  settle();
  const std::string type = response.header("content-type");
  return make_error(ErrorKind::provider,
                    fmt::format("{} answered with content type '{}' where JSON belongs", provider_.title,
                                type.empty() ? "none" : printable(type)),
                    fmt::format("check that {} is the base of an OpenAI-compatible API",
                                setting_name(provider_.url_setting)));
}

/// Status and transport errors as kinds that the caller can act on.
Result<io::HttpResponse> ProviderClient::judged(Result<io::HttpResponse> response) {
  if (response) {
    if (call_.attempt != nullptr) call_.attempt->status = response->status;
    if (response->status < 200 || response->status > 299) return fail(refused(*response));
    return response;
  }
  Error error = std::move(response.error());
  if (error.kind == ErrorKind::invalid)
    error.kind = ErrorKind::provider;  // a broken answer, not a broken question
  if (error.kind == ErrorKind::timeout && error.hint.empty())
    error.hint = fmt::format("raise {} or ask for less", setting_name(provider_.timeout_setting));
  error.message = redactor_.apply(error.message);
  return fail(std::move(error).during(fmt::format("asking {}", provider_.title)));
}

Result<Completion> ProviderClient::whole(io::HttpRequest& request, Headers& answered) {
  std::string body;
  bool too_much = false;
  request.on_data = [&](std::string_view bytes) {
    too_much = body.size() + bytes.size() > provider_client::k_largest_answer;
    if (!too_much) body += bytes;
    return !too_much;
  };
  Result<io::HttpResponse> response = judged(call_.transport.exchange(request));
  if (too_much) return fail(too_large(provider_client::k_largest_answer));
  if (!response) return fail(response.error());
  answered = response->headers;
  if (to_lower(response->header("content-type")).find("json") == std::string::npos)
    return fail(wrong_type(*response));
  return read_completion(body);
}

Result<Completion> ProviderClient::streamed(io::HttpRequest& request, const OnDelta& on_delta,
                                            Headers& answered) {
  SseParser parser;
  Completion answer;
  std::string raw;  // an endpoint that cannot stream answers with one JSON text
  std::optional<Error> broken;
  bool done = false;
  std::size_t received = 0;
  const auto on_event = [&](const SseEvent& event) {
    if (broken || done) return;
    if (trim(event.data) == "[DONE]")
      done = true;
    else if (auto read = read_chunk(event.data, answer, on_delta); !read)
      broken = read.error();
  };
  request.on_data = [&](std::string_view bytes) {
    received += bytes.size();
    if (received > provider_client::k_largest_answer) return false;
    if (!raw.empty() || (answer.model.empty() && bytes.starts_with('{'))) {
      raw += bytes;
      return true;
    }
    if (auto fed = parser.feed(bytes, on_event); !fed)
      broken = make_error(ErrorKind::provider, fed.error().message);
    return !broken && !done;
  };
  const Result<io::HttpResponse> response = judged(call_.transport.exchange(request));
  if (received > provider_client::k_largest_answer) return fail(too_large(provider_client::k_largest_answer));
  if (broken) return fail(std::move(*broken));
  if (!response) return fail(response.error());
  answered = response->headers;
  return end_of_stream(*response, std::move(answer), raw, done, on_delta);
}

Result<Completion> ProviderClient::end_of_stream(const io::HttpResponse& response, Completion answer,
                                                 std::string_view raw, bool done, const OnDelta& on_delta) {
  const std::string type = to_lower(response.header("content-type"));
  if (!raw.empty() && type.find("json") != std::string::npos) {
    Result<Completion> whole = read_completion(raw);
    if (whole && !whole->content.empty() && on_delta) on_delta(whole->content);
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

Result<Completion> ProviderClient::complete(const Json& body, const Headers& extra, const OnDelta& on_delta,
                                            Headers& answered) {
  io::HttpRequest request = prepared("/chat/completions");
  const bool stream = body.contains("stream") && body["stream"] == true;
  request.method = "POST";
  request.body = dump_json(body);
  request.headers.emplace_back("Content-Type", "application/json");
  for (const auto& header : extra) request.headers.push_back(header);
  request.headers.emplace_back("Accept", stream ? "text/event-stream" : "application/json");
  Result<Completion> answer = stream ? streamed(request, on_delta, answered) : whole(request, answered);
  if (!answer) answer.error().message = redactor_.apply(answer.error().message);
  return answer;
}

Result<ProviderAnswer> ProviderClient::ask(const ProviderAsk& ask) {
  io::HttpRequest request = prepared(ask.path);
  request.method = ask.method;
  request.form = ask.form;
  for (const auto& header : ask.headers) request.headers.push_back(header);
  if (!ask.body.is_null()) {
    request.body = dump_json(ask.body);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  if (ask.timeout > Millis{0})
    request.deadline = Deadline::after(std::min(ask.timeout, call_.deadline.left(call_.clock)));
  std::string body;
  bool too_much = false;
  request.on_data = [&](std::string_view bytes) {
    too_much = body.size() + bytes.size() > ask.max_body;
    if (!too_much) body += bytes;
    return !too_much;
  };
  request.max_body = std::max(ask.max_body, ask.max_body + (std::size_t{1} << 20U));  // ours comes first
  Result<io::HttpResponse> response = judged(call_.transport.exchange(request));
  if (too_much) return fail(too_large(ask.max_body));
  if (!response) return fail(response.error());
  return ProviderAnswer{response->status, std::move(response->headers), std::move(body)};
}

}  // namespace exai::serve
