// One question on its way through the router: to one model, once or with repetitions.
#pragma once

#include "models/providers/choose.hpp"
#include "models/router.hpp"

namespace exai::models {

/// How asking one model went.
template <class Answer>
struct AttemptResult {
  Result<Answer> answer;
  Failure failure = Failure::caller;  ///< of an error
  bool streamed = false;              ///< text has reached the client already
};

/// What the question is about, as logs, circuits and budgets name it.
struct Target {
  const Provider& provider;
  std::string circuit;  ///< the model's name, "custom" for the user's own, "requests" for what is not a chat
};

class ModelRequest {
 public:
  ModelRequest(ModelRouter& router, const ModelSettings& settings, const std::stop_token& stop,
               std::string_view tool, std::string_view limit)
      : router_(router),
        services_(router.services_),
        settings_(settings),
        stop_(stop),
        tool_(tool),
        limit_(limit) {}

  AttemptResult<Reply> chat(const ModelChoice& choice, const ChatRequest& request, Deadline deadline,
                            bool has_fallback, const std::function<void(std::string_view)>& on_delta);
  AttemptResult<ProviderAnswer> ask(const Provider& provider, const ProviderRequest& request,
                                    Deadline deadline);

  void log_failover(const ModelChoice& from, const ModelChoice& to, const Error& why);

 private:
  template <class Answer, class Once>
  AttemptResult<Answer> repeated(const Target& target, Deadline deadline, bool has_fallback, bool repeatable,
                                 const Once& once);
  template <class Answer, class Once>
  AttemptResult<Answer> one_attempt(const Target& target, Deadline deadline, bool first, const Once& once,
                                    Attempt& attempt);
  [[nodiscard]] CircuitRules circuit_rules() const;
  [[nodiscard]] Error circuit_is_open(const Target& target, const Breakers::Entry& entry) const;
  void log_question(const ModelChoice& choice, const ChatRequest& request, long long tokens, Millis timeout);
  void log_retry(const Target& target, Failure failure, int repetition, Millis wait, const Error& error);
  void count_answer(const ModelChoice& choice, Reply& reply);

  ModelRouter& router_;
  ModelRouter::Services& services_;
  const ModelSettings& settings_;
  const std::stop_token& stop_;
  std::string_view tool_;
  std::string_view limit_;  ///< the setting that the call's deadline comes from
};

}  // namespace exai::models
