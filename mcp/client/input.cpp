// Results that are not final yet: input requests of the modern era and tasks (b.6).
#include "mcp/client/session.hpp"

#include <fmt/core.h>

namespace exai::mcp::client {
namespace {

constexpr int k_rounds = 32;              // a server that still asks then asks for ever
constexpr std::size_t k_questions = 100;  // in one answer
constexpr Millis k_input_farewell{2000};
constexpr Millis k_poll_min{50}, k_poll_max{60'000}, k_poll_default{1000};

Millis poll_interval(const Json& task) {
  const Json& wanted = member_of(task, "pollIntervalMs");
  if (!wanted.is_number()) return k_poll_default;
  const double millis = wanted.get<double>();
  return std::clamp(Millis(static_cast<long long>(std::clamp(millis, 0.0, 1e9))), k_poll_min, k_poll_max);
}

}  // namespace

Result<Json> Session::answer_one(const McpQuestion& question) {
  const McpInput& input = observer_.input;
  const bool offered = input.answer && ((question.method == "elicitation/create" && input.elicitation) ||
                                        (question.method == "sampling/createMessage" && input.sampling) ||
                                        (question.method == "roots/list" && input.roots));
  if (!offered)
    return fail(ErrorKind::refused, fmt::format("the server asks for {}, which this client did not offer",
                                                printable(question.method)));
  return input.answer(question);
}

Result<Json> Session::answer_all(const Json& requests, const std::set<std::string>& but) {
  Json responses = Json::object();
  if (!requests.is_object()) return responses;
  if (requests.size() > k_questions)
    return fail(ErrorKind::invalid, fmt::format("the server asks {} questions at once", requests.size()));
  for (const auto& [key, request] : requests.items()) {
    if (but.contains(key)) continue;
    Result<Json> said = answer_one({key, text_of(request, "method"), member_of(request, "params")});
    if (!said) return said;
    responses[key] = std::move(*said);
  }
  return responses;
}

/// Puts the answers to what the server requires, and its state, into the params of the next round; whether it
/// required any.
Result<bool> Session::take_input(const Json& result, Json& params) {
  const Json& requests = member_of(result, "inputRequests");
  const std::string state = text_of(result, "requestState");
  const bool asks = requests.is_object() && !requests.empty();
  if (!asks && state.empty())
    return fail(ErrorKind::invalid, "the server requires input but does not say which");
  Result<Json> responses = answer_all(requests, {});
  if (!responses) return fail(responses.error());
  params.erase("inputResponses");
  params.erase("requestState");
  if (asks) params["inputResponses"] = std::move(*responses);
  if (!state.empty()) params["requestState"] = state;
  return asks;
}

Result<Json> Session::ask_to_the_end(std::string_view method, Json params, const Wait& wait,
                                     Headers headers) {
  if (!modern()) transport_->listen(wait);
  for (int round = 0; round < k_rounds; ++round) {
    Result<Json> result = ask(method, params, wait, headers);
    if (!result || !modern()) return result;
    const std::string type = text_of(*result, "resultType");
    if (type.empty() || type == "complete") return result;
    if (type == "task" && target_.tasks) return follow_task(text_of(*result, "taskId"), wait);
    if (type != "input_required")
      return fail(ErrorKind::invalid,
                  fmt::format("the server's result is of a kind that was not offered: {}", printable(type)));
    const Result<bool> asked = take_input(*result, params);
    if (!asked) return fail(asked.error());
    // A state without a question means "come back": not at once.
    if (!*asked && !wait.pause(Millis{100 * (round + 1)}))
      return fail(wait.stop.stop_requested() ? ErrorKind::cancelled : ErrorKind::timeout,
                  "the server was not ready before the end of the wait");
  }
  return fail(ErrorKind::invalid, fmt::format("the server still requires input after {} rounds", k_rounds));
}

void Session::cancel_task(const std::string& task) {
  (void)ask("tasks/cancel", {{"taskId", task}}, {Deadline::after(k_input_farewell), {}});
}

/// One look at a task: its final result, or null while it runs.
Result<Json> Session::task_state(const std::string& task, std::set<std::string>& answered, const Wait& wait,
                                 Json state) {
  const std::string status = text_of(state, "status");
  if (status == "completed") {
    if (!member_of(state, "result").is_object())
      return fail(ErrorKind::invalid, "the server's completed task has no result");
    return member_of(state, "result");
  }
  if (status == "failed") {
    problem_ = member_of(state, "error");
    return result_of({{"error", problem_.is_object() ? problem_ : Json::object()}});
  }
  if (status == "cancelled") return fail(ErrorKind::provider, "the server cancelled the task");
  if (status == "input_required") {
    Result<Json> responses = answer_all(member_of(state, "inputRequests"), answered);
    if (!responses) return responses;
    if (!responses->empty()) {
      for (const auto& [key, ignored] : responses->items()) answered.insert(key);
      Json update{{"taskId", task}, {"inputResponses", std::move(*responses)}};
      if (auto told = ask("tasks/update", std::move(update), wait); !told) return told;
    }
  } else if (status != "working") {
    return fail(ErrorKind::invalid,
                fmt::format("the server's task is in no known state: {}", printable(status)));
  }
  if (observer_.on_progress && !text_of(state, "statusMessage").empty())
    observer_.on_progress(text_of(state, "statusMessage"));
  return Json();
}

Result<Json> Session::follow_task(const std::string& task, const Wait& wait) {
  if (task.empty()) return fail(ErrorKind::invalid, "the server made a task without a taskId");
  std::set<std::string> answered;  // a task asks each key once
  for (;;) {
    Result<Json> state = ask("tasks/get", {{"taskId", task}}, wait);
    Result<Json> result = state ? task_state(task, answered, wait, *state) : state;
    if (result && !result->is_null()) return result;
    if (result && !wait.pause(poll_interval(*state)))
      result = fail(wait.stop.stop_requested() ? ErrorKind::cancelled : ErrorKind::timeout,
                    fmt::format("the task {} was not over before the end of the wait", printable(task)));
    if (result) continue;
    const bool over =
        state && text_of(*state, "status") != "working" && text_of(*state, "status") != "input_required";
    if (!over) cancel_task(task);
    return result;
  }
}

}  // namespace exai::mcp::client
