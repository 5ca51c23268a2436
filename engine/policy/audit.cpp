// What becomes of each call: a row of the metrics, a line of the activity log. Refused calls too.
#include "core/registry.hpp"
#include "engine/call.hpp"
#include "engine/link.hpp"
#include "io/log.hpp"

namespace exai::engine {
namespace {

// The activity log is written to its file this long after a line at the latest; a system call for each line
// would cost as much as a small call.
constexpr Millis k_flush_after{100};

std::string outcome_word(const CallOutcome& outcome) {
  if (!outcome.result) return std::string(to_string(outcome.result.error().kind));
  if (const auto* output = std::get_if<ToolOutput>(&*outcome.result); output != nullptr && output->is_error)
    return "tool_error";
  return std::holds_alternative<InputRequired>(*outcome.result) ? "input_required" : "ok";
}

io::Activity activity_of(const Call& call, const CallOutcome& outcome, std::string word, double seconds) {
  const Caller& caller = call.caller();
  io::Activity line;
  line.request_id = call.request_id();
  line.tool = call.job().name;
  line.principal = caller.principal.name;
  line.transport = to_string(caller.transport);
  line.session = caller.session.substr(0, 8);  // enough to tell sessions apart, useless to take one over
  line.outcome = std::move(word);
  line.duration_seconds = seconds;
  if (const auto* output = outcome.result ? std::get_if<ToolOutput>(&*outcome.result) : nullptr) {
    line.provider = output->provider;
    line.model = output->model;
    line.prompt_tokens = output->usage.prompt;
    line.completion_tokens = output->usage.completion;
  }
  return line;
}

class AuditLink final : public CallLink {
 public:
  explicit AuditLink(const CallServices& services) : services_(services) {}
  AuditLink(const AuditLink&) = delete;
  AuditLink& operator=(const AuditLink&) = delete;
  AuditLink(AuditLink&&) = delete;
  AuditLink& operator=(AuditLink&&) = delete;
  ~AuditLink() override {
    if (services_.log != nullptr) services_.log->flush_activity();
  }

  void enter(const SharedCall& call, Next next) override { next(call); }

  void answered(const Call& call, const CallOutcome& outcome) override {
    const std::chrono::duration<double> took = services_.reach.clock->steady() - call.arrived();
    std::string word = outcome_word(outcome);
    services_.metrics.call_finished(call.job().name, call.caller().transport, word, took.count());
    if (services_.log == nullptr) return;
    services_.log->activity(activity_of(call, outcome, std::move(word), took.count()));
    if (flush_timer_) return;
    flush_timer_ = services_.loop.after(k_flush_after, [this] {
      flush_timer_.reset();
      services_.log->flush_activity();
    });
  }

 private:
  const CallServices& services_;
  std::unique_ptr<Timer> flush_timer_;
};

const Registered<CallPolicy> k_audit{
    CallPolicy{.id = "audit",
               .place = CallPolicy::Place::before_run,
               .make = [](const CallServices& services) -> std::unique_ptr<CallLink> {
                 return std::make_unique<AuditLink>(services);
               }}};

}  // namespace
}  // namespace exai::engine
