#include "tools/workflows/step.hpp"

#include "core/text.hpp"
#include "engine/conversations/conversation_id.hpp"
#include "tools/workflows/hook.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

/// Of one workflow in one thread: what a caller writes is kept, so somebody has to say when it is enough.
constexpr std::size_t k_max_bytes = std::size_t{4} << 20U;

Result<void> check_thread(const Step& step) {
  if (step.thread.empty() && step.number > 1)
    return fail(ErrorKind::invalid,
                fmt::format("step {} of {} came without continuation_id", step.number, step.flow.name),
                "send the continuation_id of the answer to step 1, or begin with step_number 1");
  if (!step.thread.empty() && !engine::is_conversation_id(step.thread))
    return fail(ErrorKind::invalid,
                fmt::format("the continuation_id '{}' is not a conversation id", printable(step.thread)),
                "use the id of an earlier answer, or leave it out in step 1");
  return {};
}

Result<void> check_order(const Step& step) {
  if (trim(step.text).empty())
    return fail(ErrorKind::invalid, "'step' is blank", "say in 'step' what you did or will look into");
  if (step.backtrack != 0 && step.backtrack >= step.number)
    return fail(
        ErrorKind::invalid,
        fmt::format("backtrack_from_step {} is not before step_number {}", step.backtrack, step.number),
        fmt::format("send backtrack_from_step from 1 to {}, or leave it out", step.number - 1));
  for (const std::string& path : step.relevant_files)
    if (const auto place = step.context.workspace().resolve(path);
        !place && (place.error().kind == ErrorKind::invalid || place.error().kind == ErrorKind::refused))
      return fail(Error(place.error()).during("reading relevant_files"));
  return {};
}

bool given(const Json& arguments, const std::string& field) {
  const auto found = arguments.find(field);
  if (found == arguments.end() || found->is_null()) return false;
  if (found->is_string()) return !trim(found->get_ref<const std::string&>()).empty();
  return !found->is_array() || !found->empty();
}

Result<void> check_first_step(const Step& step) {
  if (step.number != 1) return {};
  for (const FirstStepNeed& need : step.flow.first_step)
    if (!given(step.arguments, need.field))
      return fail(ErrorKind::invalid,
                  fmt::format("step 1 of {} needs '{}': {}", step.flow.name, need.field, need.message),
                  fmt::format("for example: {}", need.example));
  return {};
}

Json entry_of(const Step& step) {
  Json entry = step.extra;
  entry["step"] = step.text;
  entry["step_number"] = step.number;
  entry["findings"] = step.findings;
  if (!step.files_checked.empty()) entry["files_checked"] = step.files_checked;
  if (!step.relevant_files.empty()) entry["relevant_files"] = step.relevant_files;
  if (!step.relevant_context.empty()) entry["relevant_context"] = step.relevant_context;
  if (!step.issues.empty()) entry["issues_found"] = step.issues;
  if (step.flow.field("confidence") != nullptr) entry["confidence"] = step.confidence;
  if (!step.hypothesis.empty()) entry["hypothesis"] = step.hypothesis;
  if (!step.images.empty()) entry["images"] = step.images;
  return entry;
}

std::size_t weight(const Step& step) {
  std::size_t bytes = 200 + step.text.size() + step.findings.size() + step.hypothesis.size();
  for (const auto* list : {&step.files_checked, &step.relevant_files, &step.relevant_context, &step.images})
    for (const std::string& text : *list) bytes += text.size() + 8;
  for (const Json& issue : step.issues)
    for (const Json& member : issue)
      bytes += member.is_string() ? member.get_ref<const std::string&>().size() + 16 : 64;
  return bytes;
}

Json saved_arguments(const Step& step) {
  Json kept = Json::object();
  for (const WorkflowField& field : step.flow.fields)
    if (const auto found = step.arguments.find(field.name); field.kept && found != step.arguments.end())
      kept[field.name] = *found;
  return kept;
}

/// The workflow's own part of the thread's state, taken out of it, as it will be. Step 1 begins anew, so that
/// sending it again after a failure is harmless.
Result<Json> own_state(const Step& step, Json& state) {
  Json* const known = [&]() -> Json* {
    const auto all = state.is_object() ? state.find("workflows") : state.end();
    if (!state.is_object() || all == state.end()) return nullptr;
    const auto own = all->find(step.flow.name);
    return own == all->end() ? nullptr : &*own;
  }();
  if (step.number == 1) {
    Json fresh = Json::object();
    fresh["initial_request"] = step.text;
    fresh["kept"] = saved_arguments(step);
    fresh["bytes"] = 0;
    fresh["history"] = Json::array();
    return fresh;
  }
  if (known == nullptr)
    return fail(ErrorKind::invalid,
                fmt::format("{} has not begun in the conversation {}", step.flow.name, step.thread),
                "begin with step_number 1; the same continuation_id is fine");
  return std::move(*known);
}

/// Drops what is taken back, and an earlier version of the same step.
void drop_steps(const Step& step, Json& history) {
  Json kept = Json::array();
  const std::string branch = step.extra.value("branch_id", "");
  for (Json& entry : history) {
    const long long number = entry.value("step_number", 0LL);
    const bool taken_back = step.backtrack != 0 && number >= step.backtrack;
    const bool same = number == step.number && entry.value("branch_id", "") == branch;
    if (!taken_back && !same) kept.push_back(std::move(entry));
  }
  history = std::move(kept);
}

/// `state` is the caller's to drop: when this fails, the thread stays as it was.
Result<void> write_down(Step& step, Json& state) {
  Result<Json> own = own_state(step, state);
  if (!own) return fail(own.error());
  step.kept = (*own)["kept"];
  if (step.flow.hook != nullptr && step.flow.hook->remember != nullptr)
    if (Result<void> done = step.flow.hook->remember(step, *own); !done) return done;
  const std::size_t bytes = own->value("bytes", std::size_t{0}) + weight(step);
  if (bytes > k_max_bytes)
    return fail(ErrorKind::budget,
                fmt::format("{} has collected {} KiB in the conversation {}, which is too much",
                            step.flow.name, bytes >> 10U, step.thread),
                "end it with next_step_required false, or start again without continuation_id");
  (*own)["bytes"] = bytes;
  drop_steps(step, (*own)["history"]);
  (*own)["history"].push_back(entry_of(step));
  step.gathered = gather(*own, !step.more || step.flow.hook != nullptr);
  if (!state.is_object()) state = Json::object();
  state["workflows"][step.flow.name] = std::move(*own);
  return {};
}

}  // namespace

const Json& Step::argument(const std::string& name) const {
  static const Json k_none;
  if (const auto kept_value = kept.find(name); kept.is_object() && kept_value != kept.end())
    return *kept_value;
  const auto found = arguments.find(name);
  if (found != arguments.end()) return *found;
  const WorkflowField* field = flow.field(name);
  if (field == nullptr) return k_none;
  const auto default_value = field->schema.find("default");
  return default_value == field->schema.end() ? k_none : *default_value;
}

std::string Step::argument_text(const std::string& name) const {
  const Json& value = argument(name);
  if (!value.is_string()) return {};
  const auto& text_value = value.get_ref<const std::string&>();
  const WorkflowField* field = flow.field(name);
  if (field != nullptr)
    if (const auto alias = field->aliases.find(text_value); alias != field->aliases.end())
      return alias->second;
  return text_value;
}

std::vector<std::string> Step::argument_texts(const std::string& name) const {
  return texts_of(argument(name));
}

std::string thread_of(const Json& arguments) {
  return to_lower(trim(arguments.value("continuation_id", "")));
}

bool needs_nobody(const Workflow& flow, const Json& arguments) {
  constexpr std::size_t k_long_text = 20'000;
  const WorkflowHook* hook = flow.hook;
  if (hook != nullptr && (hook->instead != nullptr || hook->look != nullptr)) return false;
  for (const char* list : {"relevant_files", "images", "files_checked", "issues_found"})
    if (const auto found = arguments.find(list); found != arguments.end() && !found->empty()) return false;
  if (arguments.value("step", "").size() + arguments.value("findings", "").size() > k_long_text) return false;
  if (!arguments.value("next_step_required", false)) return hook != nullptr && hook->complete != nullptr;
  const std::string confidence = arguments.value("confidence", "low");
  return confidence != "certain" && confidence != "very_high";
}

Result<void> read_step(Step& step) {
  const Json& arguments = step.arguments;
  step.text = arguments.value("step", "");
  step.number = arguments.value("step_number", 1LL);
  step.total = std::max(arguments.value("total_steps", 1LL), step.number);
  step.more = arguments.value("next_step_required", false);
  step.findings = arguments.value("findings", "");
  step.confidence = arguments.value("confidence", "low");
  step.hypothesis = arguments.value("hypothesis", "");
  step.backtrack = arguments.value("backtrack_from_step", 0LL);
  step.model = arguments.value("model", "");
  step.thinking_mode = arguments.value("thinking_mode", "");
  step.thread = thread_of(arguments);
  step.files_checked = texts_of(arguments, "files_checked");
  step.relevant_files = texts_of(arguments, "relevant_files");
  step.relevant_context = texts_of(arguments, "relevant_context");
  step.images = texts_of(arguments, "images");
  if (const auto issues = arguments.find("issues_found"); issues != arguments.end() && issues->is_array())
    step.issues = *issues;
  if (Result<void> fits = check_first_step(step); !fits) return fits;
  if (Result<void> fits = check_thread(step); !fits) return fits;
  return check_order(step);
}

Result<void> record_step(Step& step) {
  step.fresh = step.thread.empty();
  if (step.fresh) step.thread = step.context.new_id();
  // Whatever answers the step keeps something more of it: its turn, or what the hook makes of it.
  return step.context.memory().update(
      step.thread, step.context.principal(), step.rules, step.fresh,
      [&step](Json& state) { return write_down(step, state); },
      engine::ConversationMemory::Recorded::with_next);
}

}  // namespace exai::tools
