#include "core/text.hpp"
#include "models/providers/choose.hpp"
#include "tools/envelope.hpp"
#include "tools/history.hpp"
#include "tools/workflows/expert.hpp"
#include "tools/workflows/hook.hpp"

#include <set>

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::string_view k_place = "{stance}";

struct Voice {
  std::string model, stance, prompt;
  [[nodiscard]] std::string label() const { return model + ":" + stance; }
};

Voice voice_of(const Json& entry) {
  return {entry.value("model", ""), entry.value("stance", "neutral"), entry.value("stance_prompt", "")};
}

/// Models of the configured providers, one of each in turn and those that think first.
Json chosen_models(const engine::CallContext& context) {
  std::vector<const models::Provider*> providers;
  for (const models::Provider* provider : Registered<models::Provider>::all())
    if (provider->configured(context.config())) providers.push_back(provider);
  std::sort(providers.begin(), providers.end(), [](auto* a, auto* b) { return a->rank < b->rank; });
  const auto most = static_cast<std::size_t>(std::max(context.config().integer("consensus.max_models"),
                                                      context.config().integer("consensus.min_models")));
  Json models = Json::array();
  for (std::size_t turn = 0; turn < 2 * most && models.size() < most; ++turn)
    for (const models::Provider* provider : providers) {
      std::vector<std::string> names;
      for (const bool thinking : {true, false})
        for (const models::Model& model : context.models().models())
          if (model.provider == provider->id && model.thinking == thinking) names.push_back(model.name);
      if (turn < names.size() && models.size() < most)
        models.push_back({{"model", names[turn]}, {"stance", "neutral"}});
    }
  return models;
}

Result<void> check_models(const Json& models) {
  std::set<std::string> seen;
  for (const Json& entry : models) {
    const Voice voice = voice_of(entry);
    if (!seen.insert(to_lower(voice.label())).second)
      return fail(ErrorKind::invalid,
                  fmt::format("the model {} stands twice with the stance {}", voice.model, voice.stance),
                  "give it another stance, or take another model");
  }
  return {};
}

Result<void> check_consensus(Step& step) {
  if (step.number != 1) return {};
  const auto given = step.arguments.find("models");
  Json models = given != step.arguments.end() ? *given : Json::array();
  if (models.empty()) {
    const Config& config = step.context.config();
    if (!config.boolean("consensus.auto"))
      return fail(ErrorKind::invalid, "step 1 of consensus needs 'models': whom shall it ask?",
                  R"(for example: {"models": [{"model": "glm-4.6", "stance": "for"}, )"
                  R"({"model": "kimi-thinking-preview", "stance": "against"}]})");
    models = chosen_models(step.context);
    const auto least = static_cast<std::size_t>(config.integer("consensus.min_models"));
    if (models.size() < least)
      return fail(ErrorKind::config,
                  fmt::format("only {} models can be asked, consensus needs {}", models.size(), least),
                  "set GLM_API_KEY or KIMI_API_KEY, or name the models");
  }
  if (Result<void> fits = check_models(models); !fits) return fits;
  for (const Json& entry : models)
    if (const auto known =
            models::choose_model(step.context.config(), step.context.models(), entry.value("model", ""));
        !known && known.error().kind == ErrorKind::not_found)
      return fail(known.error());
  step.extra["models"] = models;
  return {};
}

/// The list of step 1 counts: one model a step, and as many steps as models.
Result<void> remember_consensus(Step& step, Json& state) {
  if (step.number == 1) {
    state["models"] = step.extra["models"];
    state["responses"] = Json::array();
    state["proposal"] = step.text;
    state["images"] = step.images;
    state["files"] = step.relevant_files;
  }
  const auto count = static_cast<long long>(state["models"].size());
  if (step.number > count)
    return fail(ErrorKind::invalid, fmt::format("all {} models have been asked", count),
                "write the synthesis now; for another question begin with step_number 1");
  step.total = count;
  step.more = step.number < count;
  step.kept = state;
  step.kept.erase("history");
  return {};
}

std::string with_stance(const Workflow& flow, const Voice& voice) {
  std::string text = voice.prompt.empty() ? flow.text("stance_" + voice.stance) : voice.prompt;
  std::string prompt = flow.system_prompt;
  const auto at = prompt.find(k_place);
  if (at == std::string::npos) return prompt + "\n\n" + text;
  return prompt.replace(at, k_place.size(), text);
}

Result<models::ChatRequest> question(Step& step, const Voice& voice, std::vector<std::string>& hashes) {
  engine::CallContext& context = step.context;
  const Result<models::ModelChoice> choice =
      models::choose_model(context.config(), context.models(), voice.model);
  if (!choice) return fail(choice.error());
  models::ChatRequest request;
  request.model = voice.model;
  request.temperature = 0.2;
  request.thinking_mode = "medium";
  request.stream = true;
  request.timeout =
      std::min(context.config().duration("timeouts.expert"), context.deadline().left(context.clock()));
  request.timeout_setting = "timeouts.expert";
  // Nobody else's answer is shown: each judges the proposal alone. Another model's answer would not be its.
  request.failover = false;
  std::string text = "## Proposal\n" + step.kept.value("proposal", "");
  step.gathered.relevant_files = step.kept.value("files", std::vector<std::string>{});
  if (!step.gathered.relevant_files.empty()) {
    StepFiles files = inline_files(step, content_budget(choice->model) * 30 / 100);
    if (!files.text.empty()) text += "\n\n## Files" + files.text;
    step.answer["file_context"] = std::move(files.context);
    hashes = std::move(files.hashes);
  }
  Result<std::vector<std::string>> images =
      engine::image_urls(context.workspace(), step.kept.value("images", std::vector<std::string>{}));
  if (!images) return fail(images.error());
  if (choice->model.images) request.images = std::move(*images);
  request.messages = {{"system", with_stance(step.flow, voice)}, {"user", std::move(text)}};
  return request;
}

Result<Json> ask_consensus(Step& step, const Voice& voice) {
  Json response{{"model", voice.model}, {"stance", voice.stance}};
  const auto failed = [&](const Error& error) {
    response["status"] = "error";
    response["error"] = error.message;
    response["error_kind"] = to_string(error.kind);
    if (!error.hint.empty()) response["hint"] = error.hint;
    return response;
  };
  std::vector<std::string> hashes;
  const Result<models::ChatRequest> request = question(step, voice, hashes);
  if (!request) return failed(request.error());
  step.context.progress({.text = {},
                         .message = fmt::format("consensus: asking {} ({} of {}, {})", voice.model,
                                                step.number, step.total, voice.stance),
                         .done = static_cast<double>(step.number - 1),
                         .total = static_cast<double>(step.total)});
  Result<models::AnswerCache::Found> found = ask_cached(step, *request, hashes);
  if (!found) {
    if (found.error().kind == ErrorKind::cancelled) return fail(found.error());
    return failed(found.error());
  }
  response["status"] = "success";
  response["verdict"] = found->reply.content;
  response["metadata"] = {
      {"provider", found->reply.provider}, {"model_name", found->reply.model}, {"cached", found->cached}};
  if (std::string cut = cut_note(found->reply); !cut.empty())
    response["metadata"]["warning"] = std::move(cut);
  step.metadata["cached"] = found->cached;
  step.reply = std::move(found->reply);
  return response;
}

/// Puts the answer among the others; a step that is sent again replaces its own.
Result<void> save_response(Step& step, const Json& response, Json& all) {
  engine::CallContext& context = step.context;
  return context.memory().update(
      step.thread, context.principal(), step.rules, false, [&](Json& state) -> Result<void> {
        if (!state.contains("workflows") || !state["workflows"].contains(step.flow.name))
          return fail(ErrorKind::invalid, "the consensus was begun anew meanwhile",
                      "go on with its newest answer");
        Json& responses = state["workflows"][step.flow.name]["responses"];
        const auto index = static_cast<std::size_t>(step.number - 1);
        while (responses.size() <= index) responses.push_back(nullptr);
        responses[index] = response;
        for (const Json& one : responses)
          if (!one.is_null()) all.push_back(one);
        return {};
      });
}

void add_end(Step& step, const Json& responses) {
  Json consulted = Json::array();
  for (const Json& one : responses)
    consulted.push_back(one.value("model", "") + ":" + one.value("stance", ""));
  const auto answered = std::count_if(responses.begin(), responses.end(),
                                      [](const Json& one) { return one.value("status", "") == "success"; });
  Json& answer = step.answer;
  answer["status"] = step.flow.complete;
  answer[step.flow.complete_flag] = true;
  answer[step.flow.complete_key] = {
      {"initial_prompt", step.kept.value("proposal", "")},
      {"models_consulted", std::move(consulted)},
      {"total_responses", answered},
      // Certainty that came from half of the voices would be a claim.
      {"consensus_confidence", static_cast<std::size_t>(answered) == responses.size() ? "high" : "low"}};
  answer["next_steps"] = step.flow.text("synthesis");
}

Result<engine::CallAnswer> instead(Step& step) {
  const auto index = static_cast<std::size_t>(step.number - 1);
  const Voice voice = voice_of(step.kept["models"][index]);
  base_answer(step);
  Result<Json> response = ask_consensus(step, voice);
  if (!response) return fail(response.error());
  Json all = Json::array();
  if (Result<void> saved = save_response(step, *response, all); !saved) return fail(saved.error());
  Json& answer = step.answer;
  if (step.more) {
    Json notes = std::move(answer);
    answer = Json::object();
    if (Result<void> done = answer_pause(step); !done) return fail(done.error());
    notes.update(Json(answer));
    answer = std::move(notes);
    answer.erase(step.flow.required_flag);
    answer["status"] = step.number == 1 ? "analysis_and_first_model_consulted" : "model_consulted";
  } else {
    add_end(step, all);
  }
  answer["consensus_workflow_status"] = step.more ? "consulting_models" : "ready_for_synthesis";
  if (step.number == 1) {
    if (step.more) answer["consensus_workflow_status"] = "initial_analysis_complete";
    answer["agent_analysis"] = {{"initial_analysis", step.text}, {"findings", step.findings}};
  }
  answer["model_consulted"] = voice.model;
  answer["model_stance"] = voice.stance;
  answer["current_model_index"] = index + 1;
  answer["accumulated_responses"] = std::move(all);
  step.said = fmt::format("{} ({}): {}", voice.model, voice.stance,
                          response->value("verdict", response->value("error", "")));
  answer["model_response"] = std::move(*response);
  return finish(step);
}

}  // namespace

const Registered<WorkflowHook> k_consensus_hook{
    WorkflowHook{.id = "consensus",
                 .texts = {"stance_for", "stance_against", "stance_neutral", "synthesis"},
                 .check = check_consensus,
                 .remember = remember_consensus,
                 .instead = instead}};

}  // namespace exai::tools
