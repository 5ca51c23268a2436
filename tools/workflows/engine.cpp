#include "core/text.hpp"
#include "tools/envelope.hpp"
#include "tools/workflows/hook.hpp"
#include "tools/workflows/step.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::size_t k_enough_findings = 100;  // characters
constexpr std::size_t k_max_kept = 200'000;     // of one turn

bool sure(std::string_view confidence) {
  return confidence == "high" || confidence == "very_high" || confidence == "almost_certain" ||
         confidence == "certain";
}

/// What step 1 left open or named in words that nobody here knows is reported, not refused.
void warn_of_arguments(Step& step) {
  if (step.number != 1) return;
  Json warnings = Json::array();
  for (const WorkflowField& field : step.flow.fields) {
    const auto given = step.arguments.find(field.name);
    if (given == step.arguments.end()) {
      if (!field.assumed.empty())
        warnings.push_back(fmt::format("{} was not given; assumed: {}", field.name, field.assumed));
      continue;
    }
    if (field.known.empty() || !given->is_array()) continue;
    for (const Json& word : *given) {
      const bool known = std::any_of(field.known.begin(), field.known.end(), [&](const std::string& one) {
        return word.is_string() && equals_ignoring_case(one, word.get_ref<const std::string&>());
      });
      if (!known)
        warnings.push_back(
            fmt::format("{}: {} is not one of {}", field.name, dump_json(word), join(field.known, ", ")));
    }
  }
  if (!warnings.empty()) step.metadata["warnings"] = std::move(warnings);
}

/// Facts: server 1.6, point 10.
void stop_early(Step& step) {
  if (!step.more || step.number < 2 || step.flow.field("confidence") == nullptr) return;
  const bool sufficient = sure(step.confidence) && step.gathered.findings_size() > k_enough_findings &&
                          !step.gathered.relevant_files.empty();
  if (!sufficient) return;
  if (step.confidence == "certain")
    step.early = "confidence is certain and the findings are sufficient";
  else if (step.confidence == "very_high" && step.number >= step.total - 1)
    step.early = "confidence is very high near the last step and the findings are sufficient";
  if (!step.early.empty()) step.more = false;
}

std::string turn_text(const Step& step) {
  std::string text =
      fmt::format("[{}, step {} of {}]\n{}", step.flow.name, step.number, step.total, step.text);
  if (!step.findings.empty()) text += "\n\nFindings: " + step.findings;
  if (!step.gathered.relevant_files.empty())
    text += "\n\nRelevant files: " + join(step.gathered.relevant_files, ", ");
  if (text.size() <= k_max_kept) return text;
  return std::string(beginning_of(text, k_max_kept)) + "\n[cut]";
}

/// A step that is too long is asked back before anything of it is kept.
std::optional<engine::ToolOutput> asked_back(const Step& step) {
  const bool files = step.flow.field("relevant_files") != nullptr;
  std::optional<Envelope> envelope =
      resend_prompt(step.flow.name, "step", step.text, files ? "relevant_files" : "", step.context.config());
  if (!envelope) return std::nullopt;
  return json_output({{"status", std::move(envelope->status)},
                      {"step_number", step.number},
                      {"total_steps", step.total},
                      {"next_step_required", step.more},
                      {"continuation_id", step.thread},
                      {"next_steps", std::move(envelope->content)},
                      {"metadata", std::move(envelope->metadata)}});
}

Result<void> save_message(const Step& step) {
  const Wall now = step.context.clock().wall();
  const std::string provider = step.reply ? step.reply->provider : "";
  const std::string model = step.reply ? step.reply->model : "";
  std::vector<store::Message> messages;
  messages.reserve(2);
  messages.push_back({"user", turn_text(step), step.flow.name, provider, model, now});
  messages.push_back({"assistant", step.said, step.flow.name, provider, model, now});
  return step.context.memory().append(step.thread, step.context.principal(), std::move(messages), step.rules,
                                      false);
}

Result<void> carry_out(Step& step) {
  const WorkflowHook* hook = step.flow.hook;
  warn_of_arguments(step);
  stop_early(step);
  if (hook != nullptr && hook->look != nullptr && (step.number == 1 || !step.more))
    if (Result<void> done = hook->look(step); !done) return done;
  base_answer(step);
  return step.more ? answer_pause(step) : answer_complete(step);
}

}  // namespace

Result<void> check_turns(const Step& step) {
  if (step.thread.empty()) return {};
  engine::CallContext& context = step.context;
  const Result<engine::Conversation> known =
      context.memory().load(step.thread, context.principal(), step.rules);
  if (!known) return fail(known.error());
  const auto limit = static_cast<std::size_t>(context.config().integer("conversation.max_turns"));
  if (known->messages.size() / 2 < limit) return {};
  return fail(
      ErrorKind::budget, fmt::format("the conversation {} has had its {} turns", step.thread, limit),
      fmt::format("start {} again without continuation_id and sum up in step 1 what you know, or raise "
                  "MAX_CONVERSATION_TURNS",
                  step.flow.name));
}

Result<engine::CallAnswer> finish(Step& step) {
  step.metadata["tool_name"] = step.flow.name;
  const bool asked = step.reply.has_value();
  step.metadata["model_used"] = asked ? Json(step.reply->model) : Json();
  step.metadata["provider_used"] = asked ? Json(step.reply->provider) : Json();
  if (asked)
    step.metadata["usage"] = {{"prompt_tokens", step.reply->usage.prompt},
                              {"completion_tokens", step.reply->usage.completion},
                              {"cached_tokens", step.reply->usage.cached}};
  if (asked && !step.reply->failed_attempts.empty()) step.metadata["detours"] = step.reply->failed_attempts;
  if (asked && step.reply->cost > 0) step.metadata["cost_usd"] = step.reply->cost;
  if (step.said.empty()) step.said = step.answer.value("status", "");
  if (Result<void> saved = save_message(step); !saved) {
    // An answer that was paid for is handed out even when it cannot be kept.
    if (!asked) return fail(saved.error());
    step.metadata["warning"] = "the conversation was not kept: " + saved.error().message;
  }
  step.answer["metadata"] = std::move(step.metadata);
  engine::ToolOutput output = json_output(std::move(step.answer));
  if (asked) {
    output.provider = step.reply->provider;
    output.model = step.reply->model;
    output.usage = step.reply->usage;
  }
  return output;
}

Result<engine::CallAnswer> run_workflow(const Workflow& flow, const Json& arguments,
                                        engine::CallContext& context) {
  Step step(flow, context, arguments);
  const WorkflowHook* hook = flow.hook;
  if (Result<void> fits = read_step(step); !fits) return fail(fits.error());
  if (std::optional<engine::ToolOutput> back = asked_back(step)) return std::move(*back);
  if (hook != nullptr && hook->check != nullptr)
    if (Result<void> fits = hook->check(step); !fits) return fail(fits.error());
  const bool may_ask = !step.more || (hook != nullptr && hook->instead != nullptr);
  if (may_ask)
    if (Result<void> room = check_turns(step); !room) return fail(room.error());
  if (Result<void> recorded = record_step(step); !recorded) return fail(recorded.error());
  if (hook != nullptr && hook->instead != nullptr) return hook->instead(step);
  if (Result<void> done = carry_out(step); !done) return fail(done.error());
  return finish(step);
}

}  // namespace exai::tools
