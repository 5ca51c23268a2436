#include "suite/run/case_run.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <thread>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr Millis k_default_limit{120'000};
constexpr Millis k_after_cancel{10'000};  // how soon a server must answer again

/// A stop that comes from above, or from ourselves after a while.
class CallStop {
 public:
  CallStop(const std::stop_token& above, std::optional<Millis> after, const Clock& clock)
      : from_above_(above, [this] { source_.request_stop(); }) {
    if (after)
      timer_ = std::jthread([this, wait = *after, &clock](const std::stop_token& done) {
        if (clock.pause(wait, done)) source_.request_stop();
      });
  }
  CallStop(const CallStop&) = delete;
  CallStop& operator=(const CallStop&) = delete;
  ~CallStop() = default;
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  struct Requester;
  std::stop_source source_;
  std::stop_callback<std::function<void()>> from_above_;
  std::jthread timer_;  // last: it ends before what it uses
};

Observed no_session(Error error) {
  Observed seen{fail(std::move(error))};
  return seen;
}

/// One copy of a call, in a session of its own.
Observed observe_once(const CaseCall& call, Sessions::Session& session, CaseWorld& world) {
  const Millis limit = call.limit.value_or(k_default_limit);
  const CallStop stop(world.stop, call.cancel_after, world.clock);
  const unsigned before = session.progress->load();
  const Steady began = world.clock.steady();
  Observed seen{session.client->call_tool(call.tool, call.arguments,
                                          world.options.deadline.within(limit, world.clock), stop.token())};
  seen.duration = std::chrono::duration_cast<Micros>(world.clock.steady() - began);
  seen.progress = session.progress->load() - before;
  if (call.ending == Ending::cancelled && !world.stop.stop_requested())
    if (auto alive = session.client->ping(world.options.deadline.within(k_after_cancel, world.clock)); !alive)
      seen.silence = alive.error();
  return seen;
}

/// Asks again while the server has no room: that says nothing of the tool.
template <class Ask, class Answer>
auto with_patience(CaseWorld& world, const Ask& ask, const Answer& answer_of) {
  constexpr int k_tries = 6;
  constexpr Millis k_pause{500}, k_longest_pause{15'000};
  for (int tries = 1;; ++tries) {
    auto got = ask();
    const auto& answer = answer_of(got);
    if (answer || answer.error().kind != ErrorKind::busy || tries == k_tries) return got;
    const Millis wait = std::clamp(answer.error().retry_after, k_pause * tries, k_longest_pause);
    if (!world.clock.pause(wait, world.stop)) return got;
  }
}

Observed observe(const CaseCall& call, Sessions::Session& session, CaseWorld& world) {
  return with_patience(
      world, [&] { return observe_once(call, session, world); },
      [](const Observed& seen) -> const Result<Json>& { return seen.result; });
}

/// Whether the session is good for another call.
bool is_usable(const Observed& seen) {
  if (seen.silence) return false;
  if (seen.result) return true;
  const ErrorKind kind = seen.result.error().kind;
  return kind != ErrorKind::unreachable && kind != ErrorKind::timeout && kind != ErrorKind::cancelled;
}

std::vector<Observed> observe_all(const CaseCall& call, CaseWorld& world) {
  std::vector<Sessions::Session*> open;
  for (std::size_t copy = 0; copy < call.copies; ++copy) {
    auto session = with_patience(
        world, [&] { return world.sessions.get(copy); },
        [](const Result<Sessions::Session*>& one) -> const Result<Sessions::Session*>& { return one; });
    if (!session) return {no_session(std::move(session).error())};
    open.push_back(*session);
  }
  std::vector<std::optional<Observed>> seen(open.size());
  {
    std::vector<std::jthread> others;
    for (std::size_t copy = 1; copy < open.size(); ++copy)
      others.emplace_back([&, copy] { seen[copy] = observe(call, *open[copy], world); });
    seen[0] = observe(call, *open[0], world);
  }
  std::vector<Observed> all;
  for (std::size_t copy = 0; copy < open.size(); ++copy) {
    // Those of copies end with the call: servers count the connections of one address.
    if (copy > 0 || !is_usable(*seen[copy])) world.sessions.drop(copy);
    all.push_back(std::move(*seen[copy]));
  }
  return all;
}

void add_usage(const Observed& seen, CaseResult& result) {
  if (!seen.result) return;
  AnswerUsage usage = usage_of(read_answer(*seen.result));
  if (usage.tokens) result.tokens = result.tokens.value_or(0) + *usage.tokens;
  if (usage.cost_usd) result.cost_usd = result.cost_usd.value_or(0) + *usage.cost_usd;
  if (!usage.model.empty()) result.model = std::move(usage.model);
  if (!usage.provider.empty()) result.provider = std::move(usage.provider);
}

/// What later calls of the case use; a place that the answer does not have fails the case.
void capture(const CaseCall& call, const Observed& seen, std::map<std::string, std::string>& names,
             CaseResult& result) {
  if (call.captures.empty() || !seen.result) return;
  const ToolAnswer answer = read_answer(*seen.result);
  for (const auto& [name, place] : call.captures) {
    const auto value = answer.body ? value_at(*answer.body, place) : std::nullopt;
    if (value && !value->is_null()) {
      names[name] = value->is_string() ? value->get<std::string>() : dump_json(*value);
      continue;
    }
    Finding finding;
    finding.rule = "assertion";
    finding.message = fmt::format("{} exists, for the call after: there is none", place);
    result.findings.push_back(std::move(finding));
  }
}

bool has_reason(const CaseResult& result) {
  return std::any_of(result.findings.begin(), result.findings.end(),
                     [](const Finding& one) { return one.severity != Status::warn; });
}

void run_call(CaseCall call, std::map<std::string, std::string>& names, CaseWorld& world,
              CaseResult& result) {
  put_in(call.arguments, names);
  for (Assertion& assertion : call.assertions) put_in(assertion.value, names);
  const std::vector<Observed> all = observe_all(call, world);
  for (const Observed& seen : all) {
    std::vector<Finding> found =
        world.facts.judge ? world.facts.judge(call, seen) : judge_call(call, seen, world.facts);
    result.findings.insert(result.findings.end(), std::move_iterator(found.begin()),
                           std::move_iterator(found.end()));
    // Whether a cancelled call was answered before is chance.
    if (call.ending != Ending::cancelled) add_usage(seen, result);
    if (has_reason(result)) return;
  }
  capture(call, all.front(), names, result);
}

/// The folder of files has another name in every run.
void name_folder(std::string& text, const std::string& folder) {
  if (folder.empty()) return;
  constexpr std::string_view k_name = "${FIXTURES}";
  for (std::size_t at = text.find(folder); at != std::string::npos;
       at = text.find(folder, at + k_name.size()))
    text.replace(at, folder.size(), k_name);
}

void conclude(const TestCase& test, std::size_t call, CaseResult& result) {
  std::stable_partition(result.findings.begin(), result.findings.end(),
                        [](const Finding& one) { return one.severity != Status::warn; });
  result.outcome = store::Outcome::pass;
  if (!has_reason(result)) return;
  const Finding& first = result.findings.front();
  result.outcome = first.severity == Status::unknown ? store::Outcome::error : store::Outcome::fail;
  result.reason = test.calls.size() > 1 ? fmt::format("call {}: {}", call + 1, first.message) : first.message;
}

}  // namespace

Result<Sessions::Session*> Sessions::get(std::size_t number) {
  if (sessions_.size() <= number) sessions_.resize(number + 1);
  if (sessions_[number]) return sessions_[number].get();
  constexpr Millis k_patience{30'000};
  auto progress = std::make_shared<std::atomic<unsigned>>(0);
  mcp::client::McpObserver observer;
  observer.on_text = [progress](std::string_view) { ++*progress; };
  observer.on_progress = [progress](std::string_view) { ++*progress; };
  auto client = open_(std::move(observer), deadline_.within(k_patience), stop_);
  if (!client) return fail(std::move(client).error().during("opening a session"));
  sessions_[number] = std::make_unique<Session>(Session{std::move(*client), std::move(progress)});
  return sessions_[number].get();
}

void put_in(Json& value, const std::map<std::string, std::string>& names) {
  if (value.is_structured()) {
    for (Json& item : value) put_in(item, names);
    return;
  }
  if (!value.is_string()) return;
  auto& text = value.get_ref<std::string&>();
  for (const auto& [name, instead] : names) {
    const std::string mark = "${" + name + "}";
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + instead.size()))
      text.replace(at, mark.size(), instead);
  }
}

CaseResult run_case(const TestCase& test, CaseWorld& world) {
  CaseResult result;
  result.ran = true;
  result.started = world.clock.wall();
  const Steady began = world.clock.steady();
  std::map<std::string, std::string> names{{"FIXTURES", world.options.fixtures}};
  std::size_t call = 0;
  for (; call < test.calls.size(); ++call) {
    run_call(test.calls[call], names, world, result);
    if (world.stop.stop_requested()) {
      CaseResult cut;
      cut.reason = "not run: interrupted";
      cut.cost_usd = result.cost_usd;
      return cut;
    }
    if (has_reason(result)) break;
  }
  result.duration = std::chrono::duration_cast<Micros>(world.clock.steady() - began);
  for (Finding& finding : result.findings) name_folder(finding.message, world.options.fixtures);
  conclude(test, call, result);
  return result;
}

}  // namespace exai::suite
