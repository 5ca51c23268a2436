#include "models/request.hpp"

#include "core/text.hpp"
#include "models/providers/choose.hpp"
#include "models/providers/rounds.hpp"

#include <fmt/core.h>

namespace exai::models {
namespace {

constexpr double k_large_prompt = 100'000;  // tokens: worth a line in the log

/// Gives a half-open circuit's one try back, however the call ends.
class ProbeGuard {
 public:
  ProbeGuard(Breakers& breakers, const Target& target, bool probe)
      : breakers_(breakers), target_(target), probe_(probe) {}
  ProbeGuard(const ProbeGuard&) = delete;
  ProbeGuard& operator=(const ProbeGuard&) = delete;
  ~ProbeGuard() {
    if (!reported_) breakers_.left(target_.provider.id, target_.circuit, probe_);
  }
  void succeeded(Steady now) {
    reported_ = true;
    breakers_.succeeded(target_.provider.id, target_.circuit, now);
  }
  void failed(const CircuitRules& rules, Steady now) {
    reported_ = true;
    breakers_.failed(target_.provider.id, target_.circuit, rules, now);
  }

 private:
  Breakers& breakers_;
  const Target& target_;
  bool probe_;
  bool reported_ = false;
};

std::string circuit_name(const ModelChoice& choice) {
  return choice.provider->any_model ? std::string(choice.provider->id) : choice.model.name;
}

}  // namespace

CircuitRules ModelRequest::circuit_rules() const {
  const Config& config = settings_.config;
  return {config.boolean("circuit.enabled"), static_cast<int>(config.integer("circuit.failures")),
          config.duration("circuit.reset")};
}

Error ModelRequest::circuit_is_open(const Target& target, const Breakers::Entry& entry) const {
  Error error = make_error(
      ErrorKind::busy,
      fmt::format("{} is not asked for {} now: it failed {} times in a row", target.provider.title,
                  target.circuit, entry.failures),
      fmt::format("wait {}, or name a model of another provider", format_duration(entry.retry_after)));
  error.retry_after = std::max(entry.retry_after, Millis{1});
  return error;
}

template <class Answer, class Once>
AttemptResult<Answer> ModelRequest::one_attempt(const Target& target, Deadline deadline, bool first,
                                                const Once& once, Attempt& attempt) {
  const Clock& clock = services_.clock;
  const Config& config = settings_.config;
  const CircuitRules rules = circuit_rules();
  const Breakers::Entry entry =
      router_.breakers_.enter(target.provider.id, target.circuit, rules, clock.steady());
  if (!entry.allowed) return {fail(circuit_is_open(target, entry)), Failure::circuit_open, false};
  ProbeGuard probe_guard(router_.breakers_, target, entry.probe);
  const Millis patience = std::min(deadline.left(clock), config.duration("limits.permit_wait"));
  const Result<Permit> held =
      services_.permits.acquire(std::string(target.provider.id), Deadline::after(patience), stop_,
                                config.duration("limits.retry_after"));
  if (!held) return {fail(held.error()), judge_failure(held.error(), attempt), false};
  Result<Answer> answer = once(attempt);
  if (answer) {
    probe_guard.succeeded(clock.steady());
    return {std::move(answer), {}, attempt.streamed};
  }
  const Failure failure = judge_failure(answer.error(), attempt);
  if (failure != Failure::cancelled)
    services_.observer.provider_error(target.provider.id, answer.error().kind);
  // A question that the provider cannot answer well is one failure, however often it is put.
  if (counts(failure) && (first || failure != Failure::nonsense)) probe_guard.failed(rules, clock.steady());
  return {std::move(answer), failure, attempt.streamed};
}

template <class Answer, class Once>
AttemptResult<Answer> ModelRequest::repeated(const Target& target, Deadline deadline, bool has_fallback,
                                             bool repeatable, const Once& once) {
  std::optional<AttemptResult<Answer>> before;
  for (int done = 0;; ++done) {
    Attempt attempt;
    AttemptResult<Answer> result = one_attempt<Answer>(target, deadline, done == 0, once, attempt);
    // The circuit may open between two attempts: the error that opened it is the better answer.
    if (result.failure == Failure::circuit_open && !result.answer && before) return std::move(*before);
    if (result.answer || !repeatable || attempt.streamed || attempt.settled || !passing(result.failure))
      return result;
    if (router_.breakers_.is_open(target.provider.id, target.circuit, services_.clock.steady()))
      return result;
    const auto wait =
        next_wait(RetryRules::from(settings_.config, has_fallback), done, result.answer.error().retry_after,
                  deadline.left(services_.clock), services_.chance ? services_.chance() : 0.5);
    if (!wait) return result;
    services_.observer.provider_retry(target.provider.id, to_string(result.failure));
    log_retry(target, result.failure, done + 1, *wait, result.answer.error());
    before = std::move(result);
    if (!services_.clock.pause(*wait, stop_))
      return {fail(ErrorKind::cancelled,
                   fmt::format("cancelled while waiting to ask {} again", target.provider.title)),
              Failure::cancelled, false};
  }
}

AttemptResult<Reply> ModelRequest::chat(const ModelChoice& choice, const ChatRequest& request,
                                        Deadline deadline, bool has_fallback,
                                        const std::function<void(std::string_view)>& on_delta) {
  const Config& config = settings_.config;
  const Provider& provider = *choice.provider;
  const Model& model = answering_model(settings_.models, choice.model, request);
  const ModelChoice answering{&provider, model};
  const Target target{provider, circuit_name(answering)};
  const long long tokens = prompt_tokens(request);
  const long long output =
      std::min(request.max_tokens.value_or(config.integer("models.max_output_tokens")), model.max_output);
  if (Result<void> allowed = router_.services_.spend->allow(config, model, tokens, output); !allowed)
    return {fail(allowed.error()), Failure::caller, false};
  const Millis own = config.duration(provider.timeout_setting),
               http = settings_.budgets[timeouts::Layer::http];
  const bool limited = request.timeout > Millis{0};
  const Millis max_time = limited ? request.timeout : std::min(own, http);
  const std::string_view max_time_setting = limited      ? request.timeout_setting
                                            : own > http ? timeouts::setting_key(timeouts::Layer::http)
                                                         : provider.timeout_setting;
  log_question(answering, request, tokens, std::min(max_time, deadline.left(services_.clock)));
  AttemptResult<Reply> result = repeated<Reply>(target, deadline, has_fallback, true, [&](Attempt& attempt) {
    const ProviderCall call{config,          deadline,          stop_,    on_delta, services_.transport,
                            services_.clock, &router_.cache_,   &attempt, max_time, max_time_setting,
                            limit_,          &settings_.secrets};
    return provider_chat(provider, request, model, call);
  });
  if (result.answer) count_answer(answering, *result.answer);
  return result;
}

AttemptResult<ProviderAnswer> ModelRequest::ask(const Provider& provider, const ProviderRequest& request,
                                                Deadline deadline) {
  const Target target{provider, "requests"};
  return repeated<ProviderAnswer>(target, deadline, false, request.repeatable, [&](Attempt& attempt) {
    const ProviderCall call{settings_.config, deadline,          stop_,    {},        services_.transport,
                            services_.clock,  &router_.cache_,   &attempt, Millis{0}, {},
                            limit_,           &settings_.secrets};
    return provider_ask(provider, request, call);
  });
}

void ModelRequest::count_answer(const ModelChoice& choice, Reply& reply) {
  reply.cost = services_.spend->count(choice.model, reply.usage);
  services_.observer.model_answer(choice.provider->id, circuit_name(choice), reply.usage.prompt,
                                  reply.usage.completion, reply.usage.cached, reply.cost);
  if (services_.log != nullptr && services_.spend->first_unpriced(choice.model))
    services_.log->write(io::LogLevel::warning, "model.price",
                         fmt::format("the catalogue has no price for {}: its answers count as free",
                                     printable(choice.model.name)));
}

void ModelRequest::log_question(const ModelChoice& choice, const ChatRequest& request, long long tokens,
                                Millis timeout) {
  services_.observer.prompt_size(static_cast<double>(tokens));
  if (services_.log == nullptr) return;
  std::string temperature = "-";
  if (request.temperature)
    if (const auto degree = choice.model.temperature.fit(*request.temperature))
      temperature = fmt::format("{:g}", *degree);
  const std::string count = fmt::format("{}", tokens);
  const std::string model = printable(choice.model.name);
  services_.log->write(
      io::LogLevel::info, "model.call",
      fmt::format("{} asks {} of {}", tool_.empty() ? "a call" : tool_, model, choice.provider->id),
      {{"tool", std::string(tool_)},
       {"model", model},
       {"provider", std::string(choice.provider->id)},
       {"thinking", request.thinking_mode.empty() ? "-" : request.thinking_mode},
       {"temperature", temperature},
       {"timeout", format_duration(timeout)},
       {"prompt_tokens", count}});
  if (static_cast<double>(tokens) > k_large_prompt)
    services_.log->write(
        io::LogLevel::warning, "model.prompt",
        fmt::format("a prompt of about {} tokens goes to {}: send less, or it may be cut", tokens, model),
        {{"tool", std::string(tool_)}, {"prompt_tokens", count}});
}

void ModelRequest::log_retry(const Target& target, Failure failure, int repetition, Millis wait,
                             const Error& error) {
  if (services_.log == nullptr) return;
  services_.log->write(io::LogLevel::warning, "provider.retry",
                       fmt::format("{}/{} is asked again in {}: {}", target.provider.id, target.circuit,
                                   format_duration(wait), error.message),
                       {{"provider", std::string(target.provider.id)},
                        {"reason", std::string(to_string(failure))},
                        {"repetition", fmt::format("{}", repetition)}});
}

void ModelRequest::log_failover(const ModelChoice& from, const ModelChoice& to, const Error& why) {
  services_.observer.failover(from.provider->id, to.provider->id);
  if (services_.log == nullptr) return;
  services_.log->write(
      io::LogLevel::warning, "provider.failover",
      fmt::format("{} is asked instead of {}: {}", to.model.name, printable(from.model.name), why.message),
      {{"from", std::string(from.provider->id)}, {"to", std::string(to.provider->id)}});
}

}  // namespace exai::models
