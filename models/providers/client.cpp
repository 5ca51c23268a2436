#include "models/providers/client.hpp"

#include "core/retry_after.hpp"
#include "core/text.hpp"
#include "core/url.hpp"
#include "io/http.hpp"
#include "models/providers/answer_reader.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

constexpr std::size_t k_max_answer = std::size_t{16} << 20U;

Millis retry_after(const io::HttpResponse& response, Wall now) {
  const std::string exact = response.header("retry-after-ms");  // OpenAI, Azure
  if (exact.find_first_not_of("0123456789") == std::string::npos && !exact.empty() && exact.size() < 10)
    return std::min(Millis(std::stoll(exact)), k_max_retry_after);
  return parse_retry_after(response.header("retry-after"), now).value_or(Millis{0});
}

}  // namespace

ProviderClient::ProviderClient(const Provider& provider, const ProviderCall& call)
    : provider_(provider),
      call_(call),
      key_(call.config.secret(provider.key_setting)),
      own_secrets_(call.secrets == nullptr ? Redactor(call.config.secrets()) : Redactor()),
      redactor_(call.secrets == nullptr ? own_secrets_ : *call.secrets),
      deadline_(call.deadline),
      limit_(call.deadline_setting) {
  set_limit();
}

/// The shortest of what may be waited, and where it is set.
void ProviderClient::set_limit() {
  const auto shrink = [&](Millis max, std::string_view setting) {
    if (max >= deadline_.left(call_.clock)) return;
    deadline_ = deadline_.within(max, call_.clock);
    limit_ = setting;
  };
  if (call_.patience > Millis{0}) {
    shrink(call_.patience, call_.patience_setting);
  } else {
    shrink(call_.config.duration(provider_.timeout_setting), provider_.timeout_setting);
    shrink(call_.config.duration("timeouts.http"), "timeouts.http");
  }
}

Result<io::HttpResponse> ProviderClient::get(std::string_view path) {
  const Result<io::HttpRequest> request = prepared(path);
  if (!request) return fail(request.error());
  return judged(call_.transport.exchange(*request));
}

void ProviderClient::settle() {
  if (call_.attempt != nullptr) call_.attempt->settled = true;
}

Error ProviderClient::too_large(std::size_t max) {
  settle();
  return make_error(ErrorKind::provider,
                    fmt::format("the answer of {} is larger than {} bytes", provider_.title, max));
}

Result<io::HttpRequest> ProviderClient::prepared(std::string_view path) const {
  io::HttpRequest request;
  Result<std::string> url = url_below(call_.config.text(provider_.url_setting), path);
  if (!url)
    return fail(make_error(ErrorKind::config,
                           fmt::format("{}: {}", setting_name(provider_.url_setting), url.error().message),
                           fmt::format("correct {}", setting_name(provider_.url_setting))));
  request.url = std::move(*url);
  if (!key_.empty()) request.headers.emplace_back("Authorization", "Bearer " + key_.reveal());
  request.max_body = k_max_answer + (std::size_t{1} << 20U);        // our own limit comes first
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
      error.retry_after = retry_after(response, call_.clock.wall());
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
  error.retry_after = retry_after(response, call_.clock.wall());
  return error;
}

Error ProviderClient::wrong_type(const io::HttpResponse& response, std::string_view instead) {
  settle();
  const std::string type = response.header("content-type");
  return make_error(ErrorKind::provider,
                    fmt::format("{} answered with content type '{}' where JSON belongs: {}", provider_.title,
                                type.empty() ? "none" : printable(type), instead),
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
    error.hint = limit_.empty() ? "ask for less, or allow more time"
                                : fmt::format("raise {} or ask for less", setting_name(limit_));
  error.message = redactor_.apply(error.message);
  return fail(std::move(error).during(fmt::format("asking {}", provider_.title)));
}

/// An error that a provider sent with status 200, as a caller and the rules of repetition see it.
Error ProviderClient::explained(Error error) {
  if (error.kind == ErrorKind::busy && call_.attempt != nullptr) call_.attempt->status = 429;
  if (error.kind == ErrorKind::config)
    error.hint = fmt::format("set {} to a valid key", setting_name(provider_.key_setting));
  if (error.kind == ErrorKind::not_found)
    error.hint = fmt::format("check the model and {}", setting_name(provider_.url_setting));
  return error;
}

Result<Completion> ProviderClient::answer_of(io::HttpRequest& request, const OnDelta& on_delta,
                                             Headers& answered) {
  AnswerReader reader(on_delta, k_max_answer);
  bool begun = false;
  request.on_head = [&](const io::HttpResponse& head) {
    reader.head(head.header("content-type"));
    begun = true;
  };
  request.on_data = [&](std::string_view bytes) { return reader.feed(bytes); };
  const Result<io::HttpResponse> response = judged(call_.transport.exchange(request));
  if (reader.too_large()) return fail(too_large(k_max_answer));
  if (!response && !reader.broken() && !reader.finished()) return fail(response.error());
  if (response) {
    answered = response->headers;
    if (!begun && response->body.empty()) reader.head(response->header("content-type"));
  }
  Result<Completion> answer = reader.end();
  if (reader.empty()) settle();
  if (!answer && !reader.wrong_type().empty() && response)
    return fail(wrong_type(*response, reader.wrong_type()));
  if (!answer) return fail(explained(std::move(answer.error())));
  return answer;
}

Result<Completion> ProviderClient::complete(const Json& body, const Headers& extra, const OnDelta& on_delta,
                                            Headers& answered) {
  Result<io::HttpRequest> ready = prepared("/chat/completions");
  if (!ready) return fail(ready.error());
  io::HttpRequest& request = *ready;
  const bool stream = body.contains("stream") && body["stream"] == true;
  request.method = "POST";
  request.body = dump_json(body);
  request.headers.emplace_back("Content-Type", "application/json");
  for (const auto& header : extra) request.headers.push_back(header);
  request.headers.emplace_back("Accept", stream ? "text/event-stream" : "application/json");
  Result<Completion> answer = answer_of(request, stream ? on_delta : OnDelta(), answered);
  if (!answer) answer.error().message = redactor_.apply(answer.error().message);
  return answer;
}

Result<ProviderAnswer> ProviderClient::ask(const ProviderRequest& wanted) {
  Result<io::HttpRequest> ready = prepared(wanted.path);
  if (!ready) return fail(ready.error());
  io::HttpRequest& request = *ready;
  request.method = wanted.method;
  request.form = wanted.form;
  for (const auto& header : wanted.headers) request.headers.push_back(header);
  if (!wanted.body.is_null()) {
    request.body = dump_json(wanted.body);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  if (wanted.timeout > Millis{0}) {
    const Millis left = call_.deadline.left(call_.clock);
    request.deadline = Deadline::after(std::min(wanted.timeout, left));
    limit_ = wanted.timeout < left ? wanted.timeout_setting : call_.deadline_setting;
  }
  std::string body;
  bool too_much = false;
  request.on_data = [&](std::string_view bytes) {
    too_much = body.size() + bytes.size() > wanted.max_body;
    if (!too_much) body += bytes;
    return !too_much;
  };
  request.max_body =
      std::max(wanted.max_body, wanted.max_body + (std::size_t{1} << 20U));  // ours comes first
  Result<io::HttpResponse> response = judged(call_.transport.exchange(request));
  if (too_much) return fail(too_large(wanted.max_body));
  if (!response) return fail(response.error());
  for (auto& [name, value] : response->headers) value = redactor_.apply(value);
  return ProviderAnswer{response->status, std::move(response->headers),
                        redactor_.clean(body) ? std::move(body) : redactor_.apply(body)};
}

}  // namespace exai::models
