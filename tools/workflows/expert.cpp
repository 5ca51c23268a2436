#include "tools/workflows/expert.hpp"

#include "core/digest.hpp"
#include "core/loose_json.hpp"
#include "core/text.hpp"
#include "models/providers/choose.hpp"
#include "tools/envelope.hpp"
#include "tools/history.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr long long k_max_file_tokens = 100'000;
constexpr Millis k_max_thinkdeep{300'000};

constexpr std::string_view k_form =
    "\n\nAnswer with one JSON object and nothing around it: "
    R"({"status":"analysis_complete","analysis":"...","key_findings":["..."],"recommendations":["..."],)"
    R"("confidence":"high, medium or low","needs_more_info":false,"additional_context":"..."})"
    "\nWhen you cannot judge without files that you were not given, answer instead: "
    R"({"status":"files_required_to_continue","mandatory_instructions":"...","files_needed":["..."]})";

std::string thinking_mode(const Step& step) {
  const Config& config = step.context.config();
  if (!step.thinking_mode.empty()) return step.thinking_mode;
  const std::string& own = step.flow.expert->thinking;
  if (own == "thinkdeep") return config.text("workflows.thinkdeep_thinking");
  return own.empty() ? config.text("expert.thinking_mode") : own;
}

bool thinks_hard(std::string_view mode) {
  return mode == "medium" || mode == "high" || mode == "max";
}

/// Thinking takes its time: minimal half of it, max twice.
Millis stretched(Millis base, std::string_view mode) {
  const int tenths = mode == "minimal" ? 5
                     : mode == "low"   ? 7
                     : mode == "high"  ? 15
                     : mode == "max"   ? 20
                                       : 10;
  return std::min(base * tenths / 10, std::max(base, k_max_thinkdeep));
}

Millis patience(const Step& step, std::string_view mode) {
  const Config& config = step.context.config();
  Millis wanted = config.duration("timeouts.expert");
  if (step.flow.expert->thinkdeep_rules) {
    const Millis own = config.duration("workflows.thinkdeep_timeout");
    wanted = own.count() > 0 ? own : stretched(wanted, mode);
  }
  return std::min(wanted, step.context.deadline().left(step.context.clock()));
}

/// A model that thinks, of the same provider where it has one.
const models::Model* thinker(const Step& step, const models::ModelChoice& now) {
  const std::string_view wanted = now.provider->id == "kimi" ? "kimi-thinking-preview" : "glm-4.6";
  const models::Model* model = step.context.models().find(wanted);
  if (model == nullptr || !model->thinking || model->provider != now.provider->id) return nullptr;
  return model;
}

void add_list(std::string& text, std::string_view title, const std::vector<std::string>& list) {
  if (list.empty()) return;
  text.append("\n\n## ").append(title);
  for (const std::string& item : list) text.append("\n- ").append(item);
}

void add_issues(std::string& text, const Json& issues) {
  if (issues.empty()) return;
  text += "\n\n## Issues by severity";
  for (const char* severity : {"critical", "high", "medium", "low", ""})
    for (const Json& issue : issues) {
      const std::string level = issue.value("severity", "");
      const bool known = level == "critical" || level == "high" || level == "medium" || level == "low";
      if (known ? level != severity : *severity != '\0') continue;
      text += fmt::format("\n- [{}] {}", level.empty() ? "unrated" : level,
                          issue.value("description", dump_json(issue)));
    }
}

/// What the caller asked for beyond the common fields: review_type, focus_on and the like.
void add_configuration(std::string& text, const Step& step) {
  std::string lines;
  for (const WorkflowField& field : step.flow.fields) {
    if (common_field(field.name) != nullptr) continue;
    const Json& value = step.argument(field.name);
    if (value.is_null()) continue;
    const std::string shown = value.is_string() ? step.argument_text(field.name) : dump_json(value);
    lines += fmt::format("\n- {}: {}", field.name, shown);
  }
  if (!lines.empty()) text += "\n\n## What was asked for" + lines;
}

/// What a hook found out, cut so that at least half of the model's room stays for the rest.
std::string bounded_facts(const Step& step, long long content) {
  constexpr long long k_bytes_of_half = 2;  // a token is about four bytes
  const auto most = static_cast<std::size_t>(content * k_bytes_of_half);
  if (step.facts.size() <= most) return step.facts;
  const auto line = step.facts.rfind('\n', most);
  return step.facts.substr(0, line == std::string::npos ? 0 : line) +
         "\n[cut: the model has no room for more]";
}

std::string investigation(const Step& step, long long content) {
  const Gathered& all = step.gathered;
  std::string text = "## Request\n" + all.initial_request;
  if (step.number > 1) text += "\n\n## Last step\n" + step.text;
  add_configuration(text, step);
  add_list(text, "Findings", all.findings);
  add_issues(text, all.issues);
  std::vector<std::string> theories;
  for (const Json& one : all.hypotheses)
    theories.push_back(fmt::format("step {} ({}): {}", one.value("step", 0LL), one.value("confidence", ""),
                                   one.value("hypothesis", "")));
  add_list(text, "Hypotheses", theories);
  add_list(text, "Relevant code elements", all.relevant_context);
  add_list(text, "Files looked at", all.files_checked);
  add_list(text, "Images", all.images);
  text += "\n\nThe investigator's confidence: " + all.confidence;
  const auto note = step.flow.expert->notes.find(all.confidence);
  if (note != step.flow.expert->notes.end()) text += "\n\n" + note->second;
  if (!step.facts.empty()) text += "\n\n" + bounded_facts(step, content);
  return text;
}

/// What was said in the thread before, but for this workflow's own steps: those are in the prompt already.
std::vector<store::Message> earlier_expert_messages(const Step& step) {
  engine::CallContext& context = step.context;
  Result<engine::Conversation> known = context.memory().load(step.thread, context.principal(), step.rules);
  if (!known) return {};
  std::vector<store::Message> messages = std::move(known->messages);
  std::erase_if(messages, [&](const store::Message& message) { return message.tool == step.flow.name; });
  return messages;
}

/// Tokens for file contents: a third of the content or more, less when the rest needs it.
long long file_budget(const models::Model& model, std::string_view rest) {
  constexpr long long k_large_window = 300'000, k_frame = 1000;
  const long long content = content_budget(model);
  const long long share =
      std::min(k_max_file_tokens, content * (model.context < k_large_window ? 30 : 40) / 100);
  return std::max(0LL, std::min(share, content - k_frame - static_cast<long long>(estimate_tokens(rest))));
}

/// Those that can be read; the others are reported.
std::vector<std::string> images(Step& step) {
  constexpr std::size_t k_max_images = 10;
  std::vector<std::string> urls;
  for (const std::string& image : step.gathered.images) {
    Result<std::vector<std::string>> one = engine::image_urls(step.context.workspace(), {image});
    if (!one)
      step.metadata["images_skipped"].push_back({{"image", image}, {"reason", one.error().message}});
    else if (urls.size() < k_max_images)
      urls.push_back(std::move(one->front()));
  }
  return urls;
}

struct ExpertQuestion {
  models::ChatRequest request;
  std::vector<std::string> hashes;
};

/// What is known before a model is chosen.
models::ChatRequest first_expert_request(const Step& step) {
  models::ChatRequest request;
  request.model = step.model;
  request.thinking_mode = thinking_mode(step);
  request.needs = {step.flow.name, false, false, false,
                   static_cast<long long>(step.gathered.findings_size() / 4)};
  request.web_search =
      step.flow.field("use_websearch") != nullptr && step.arguments.value("use_websearch", true);
  request.images = step.gathered.images;
  request.temperature = step.arguments.value("temperature", step.flow.expert->temperature);
  request.stream = request.json = true;
  request.timeout = patience(step, request.thinking_mode);
  const bool own_time = step.flow.expert->thinkdeep_rules &&
                        step.context.config().duration("workflows.thinkdeep_timeout").count() > 0;
  request.timeout_setting = own_time ? "workflows.thinkdeep_timeout" : "timeouts.expert";
  return request;
}

/// The model that was chosen, or one that thinks where nobody named another and hard thinking is asked for.
const models::Model& settled_model(Step& step, const models::ModelChoice& choice,
                                   models::ChatRequest& request) {
  const bool named = !step.model.empty() && !equals_ignoring_case(step.model, "auto");
  if (named || choice.model.thinking || !thinks_hard(request.thinking_mode) ||
      !step.context.config().boolean("expert.auto_upgrade"))
    return choice.model;
  const models::Model* better = thinker(step, choice);
  if (better == nullptr) return choice.model;
  step.metadata["model_upgraded"] = {{"from", choice.model.name}, {"to", better->name}};
  request.model = better->name;
  return *better;
}

/// What was investigated, with the files or their names, and the task.
std::string question_text(Step& step, const models::Model& model, std::vector<std::string>& hashes) {
  std::string text = investigation(step, content_budget(model));
  if (step.flow.expert->files_always || step.context.config().boolean("expert.include_files")) {
    StepFiles files = inline_files(step, file_budget(model, text + step.flow.system_prompt));
    if (!files.text.empty()) text += "\n\n## Files" + files.text;
    step.answer["file_context"] = std::move(files.context);
    hashes = std::move(files.hashes);
  } else {
    step.answer["file_context"] = file_references(step);
    add_list(text, "Relevant files (contents not sent)", step.gathered.relevant_files);
  }
  return text + "\n\n## Your task\n" + step.flow.expert->question;
}

/// Model, prompt and files. What was chosen goes into the answer's metadata.
Result<ExpertQuestion> prepare_expert(Step& step) {
  ExpertQuestion question{first_expert_request(step), {}};
  models::ChatRequest& request = question.request;
  const Result<models::ModelChoice> choice =
      models::choose_model(step.context.config(), step.context.models(), request);
  if (!choice) return fail(choice.error());
  const models::Model& model = settled_model(step, *choice, request);
  std::string text = question_text(step, model, question.hashes);
  request.images = model.images ? images(step) : std::vector<std::string>{};
  const std::string system = step.flow.system_prompt + std::string(k_form);
  const auto tokens =
      static_cast<long long>(estimate_tokens(system)) + static_cast<long long>(estimate_tokens(text));
  if (const long long content = content_budget(model); tokens > content)
    return fail(ErrorKind::invalid,
                fmt::format("the question to the expert needs about {} tokens, the model {} takes {}", tokens,
                            model.name, content),
                "name a model with a larger window, or fewer relevant_files");
  request.messages.push_back({"system", system});
  for (models::ChatMessage& message :
       history_within(earlier_expert_messages(step), history_budget(model, tokens)).messages)
    request.messages.push_back(std::move(message));
  request.messages.push_back({"user", std::move(text)});
  request.needs.tokens = tokens;
  step.metadata["thinking_mode"] = request.thinking_mode;
  step.metadata["timeout_seconds"] = static_cast<double>(request.timeout.count()) / 1000.0;
  return question;
}

void put_failure(Step& step, const Error& error, Millis allowed) {
  const bool timeout = error.kind == ErrorKind::timeout;
  Json analysis{{"status", timeout ? "analysis_timeout" : "analysis_error"},
                {"error", timeout ? fmt::format("the expert gave no answer within {}: {}",
                                                format_duration(allowed), error.message)
                                  : error.message},
                {"error_kind", to_string(error.kind)}};
  if (!error.hint.empty()) analysis["hint"] = error.hint;
  step.answer["status"] = "error";
  step.answer.erase(step.flow.complete_flag);
  step.answer["content"] = "the expert analysis failed: " + analysis["error"].get<std::string>();
  step.answer["expert_analysis"] = std::move(analysis);
  if (!step.answer.contains("file_context")) step.answer["file_context"] = file_references(step);
  step.answer["next_steps"] =
      "The expert could not be asked; what you found is below and is not lost. Send the same call again "
      "later, name another model, or end with use_assistant_model false.";
  step.said = "The expert analysis failed: " + error.message;
}

}  // namespace

Json parse_analysis(std::string_view content) {
  LooseForm form = LooseForm::none;
  Json analysis = loose_json(content, form);
  if (form == LooseForm::none)
    return {{"status", "analysis_complete"},
            {"raw_analysis", content},
            {"parse_error", "the expert's answer holds no JSON object"}};
  if (!analysis.contains("status") || !analysis["status"].is_string())
    analysis["status"] = "analysis_complete";
  if (form == LooseForm::repaired)
    analysis["parse_note"] = "the expert's answer was cut; what was open has been closed";
  return analysis;
}

Result<models::AnswerCache::Found> ask_cached(Step& step, const models::ChatRequest& request,
                                              const std::vector<std::string>& hashes) {
  engine::CallContext& context = step.context;
  const Json key{models::answer_key(context.principal(), request), step.flow.name, hashes,
                 context.config().text("models.default")};
  const auto ask = [&]() -> Result<models::Reply> {
    Result<models::Reply> reply = context.chat(request, [&context](std::string_view delta) {
      context.progress({.text = std::string(delta), .message = {}});
    });
    if (reply && trim(reply->content).empty())
      return fail(ErrorKind::provider, fmt::format("{} answered with nothing", reply->model),
                  "try again, or name another model");
    return reply;
  };
  const Deadline deadline = context.deadline().within(request.timeout, context.clock());
  Result<models::AnswerCache::Found> found =
      context.caches().expert.get(sha256_hex(dump_json(key)), deadline, context.stop(), ask);
  if (found && found->cached) {  // what was answered before costs nothing now
    found->reply.usage = {};
    found->reply.cost = 0;
  }
  return found;
}

bool wants_expert(const Step& step) {
  const Config& config = step.context.config();
  const ExpertPlan& plan = *step.flow.expert;
  if (!config.boolean("expert.enabled")) return false;
  const Gathered& all = step.gathered;
  const bool evidence = plan.always ||
                        (plan.from_files != 0 && all.relevant_files.size() >= plan.from_files) ||
                        (plan.from_findings != 0 && all.findings.size() >= plan.from_findings) ||
                        (plan.from_issues != 0 && all.issues.size() >= plan.from_issues);
  if (!evidence) return false;
  const auto said = step.arguments.find("use_assistant_model");
  if (said != step.arguments.end() && said->is_boolean()) return said->get<bool>();
  if (!plan.thinkdeep_rules) return config.boolean("workflows.default_assistant");
  if (config.is_set("workflows.thinkdeep_assistant")) return config.boolean("workflows.thinkdeep_assistant");
  if (config.is_set("workflows.default_assistant")) return config.boolean("workflows.default_assistant");
  const bool sure = all.confidence != "exploring" && all.confidence != "low" && all.confidence != "medium";
  return sure || !all.relevant_files.empty() || all.findings_size() >= 200 || all.findings.size() >= 2;
}

Result<void> ask_expert(Step& step) {
  Result<ExpertQuestion> question = prepare_expert(step);
  if (!question) {
    // A wrong argument is the caller's to correct; a server without keys leaves the work that was done.
    if (question.error().kind != ErrorKind::config) return fail(question.error());
    put_failure(step, question.error(), Millis{0});
    return {};
  }
  step.context.progress(
      {.text = {},
       .message = fmt::format("{}: asking an expert, thinking mode {}, for up to {}", step.flow.in_progress,
                              question->request.thinking_mode, format_duration(question->request.timeout))});
  Result<models::AnswerCache::Found> found = ask_cached(step, question->request, question->hashes);
  if (!found) {
    if (found.error().kind == ErrorKind::cancelled || found.error().kind == ErrorKind::not_found)
      return fail(found.error());
    put_failure(step, found.error(), question->request.timeout);
    return {};
  }
  Json analysis = parse_analysis(found->reply.content);
  if (std::string cut = cut_note(found->reply); !cut.empty()) step.metadata["warning"] = std::move(cut);
  const std::string status = analysis["status"].get<std::string>();
  const std::vector<std::string>& lifts = step.flow.expert->lifts;
  const bool lifted = std::find(lifts.begin(), lifts.end(), status) != lifts.end();
  step.answer["status"] = lifted ? status : "calling_expert_analysis";
  if (lifted) step.answer.erase(step.flow.complete_flag);
  step.answer["expert_analysis"] = std::move(analysis);
  step.answer["next_steps"] = lifted ? "The expert needs more before it can judge: expert_analysis says "
                                       "what. Get it, then send this step "
                                       "again with it."
                                     : step.flow.next_text("expert", step.number);
  step.answer["important_considerations"] =
      "The expert saw only what you sent. Check each finding against the code before you act on it.";
  step.metadata["cached"] = found->cached;
  step.said = found->reply.content;
  step.reply = std::move(found->reply);
  return {};
}

}  // namespace exai::tools
