#include "core/text.hpp"
#include "engine/conversations/conversation_id.hpp"
#include "models/providers/choose.hpp"
#include "tools/envelope.hpp"
#include "tools/history.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

struct ChatQuestion {
  std::string prompt, model, thinking_mode, conversation;
  std::vector<std::string> files, images;
  double temperature = 0.5;
  bool web_search = true;
  bool stream = false;
};

Result<ChatQuestion> read_question(const Json& arguments) {
  ChatQuestion question;
  question.prompt = arguments.value("prompt", "");
  question.model = arguments.value("model", "");
  question.thinking_mode = arguments.value("thinking_mode", "");
  question.conversation = to_lower(trim(arguments.value("continuation_id", "")));
  question.temperature = arguments.value("temperature", 0.5);
  question.web_search = arguments.value("use_websearch", true);
  question.stream = arguments.value("stream", false);
  question.files = texts_of(arguments, "files");
  question.images = texts_of(arguments, "images");
  if (trim(question.prompt).empty())
    return fail(ErrorKind::invalid, "the prompt is blank", "say in 'prompt' what the model shall answer");
  if (!question.conversation.empty() && !engine::is_conversation_id(question.conversation))
    return fail(
        ErrorKind::invalid,
        fmt::format("the continuation_id '{}' is not a conversation id", printable(question.conversation)),
        "use the id from continuation_offer, or leave it out to start a new conversation");
  return question;
}

/// A turn is one question with its answer, as the original counted them: after the first of 20, 19 remain.
std::size_t turn_limit(const Config& config) {
  return static_cast<std::size_t>(config.integer("conversation.max_turns"));
}

Result<std::vector<store::Message>> earlier_chat_messages(const ChatQuestion& question,
                                                          engine::CallContext& context) {
  if (question.conversation.empty()) return std::vector<store::Message>{};
  Result<engine::Conversation> known = context.memory().load(question.conversation, context.principal(),
                                                             engine::memory_rules(context.config()));
  if (!known) return fail(known.error());
  const std::size_t limit = turn_limit(context.config());
  if (known->messages.size() / 2 >= limit)  // said before a model is paid, not after
    return fail(ErrorKind::budget,
                fmt::format("the conversation {} has had its {} turns", question.conversation, limit),
                "start again without continuation_id and give the full context");
  return std::move(known->messages);
}

Result<void> check_fit(const models::Model& model, const ChatQuestion& question, long long tokens) {
  if (!question.images.empty() && !model.images)
    return fail(ErrorKind::invalid, fmt::format("the model {} takes no images", model.name),
                "name a model with images; listmodels shows which");
  if (tokens > content_budget(model))
    return fail(ErrorKind::invalid,
                fmt::format("prompt and files need about {} tokens, the model {} takes {}", tokens,
                            model.name, content_budget(model)),
                "send fewer files, or name a model with a larger window; listmodels shows them");
  return {};
}

struct Prepared {
  models::ChatRequest request;
  std::optional<Envelope> refused;  ///< the answer instead of asking
  std::string user_text;            ///< prompt with files
  Json files = Json::array();       ///< what became of each
  History history;                  ///< counts only
};

Json file_facts(const std::vector<engine::InlinedFile>& files) {
  Json list = Json::array();
  for (const engine::InlinedFile& file : files) {
    Json one{{"path", file.path}, {"bytes", file.bytes}, {"embedded", file.inlined}};
    if (!file.note.empty()) one["note"] = file.note;
    list.push_back(std::move(one));
  }
  return list;
}

/// The answer when the model has no room for all files that were named.
std::optional<Envelope> code_too_large(const models::Model& model, const engine::FileBundle& files,
                                       long long limit) {
  const bool fits = std::none_of(files.files.begin(), files.files.end(), [](const engine::InlinedFile& file) {
    return file.note == engine::k_no_room;
  });
  if (fits) return std::nullopt;
  long long tokens = 0;
  for (const engine::InlinedFile& file : files.files) tokens += file.tokens;
  Envelope envelope;
  envelope.status = "code_too_large";
  envelope.content = fmt::format(
      "The files need about {} tokens, {} has room for {}. Name fewer files or only those parts that matter, "
      "or a model with a larger window; listmodels shows them.",
      tokens, model.name, limit);
  envelope.metadata = {{"tool_name", "chat"},
                       {"model", model.name},
                       {"tokens", tokens},
                       {"limit", limit},
                       {"files", file_facts(files.files)}};
  return envelope;
}

/// Before any file is read: enough to tell whether a large window is needed.
long long expected_tokens(const ChatQuestion& question, const engine::Workspace& workspace) {
  constexpr long long k_bytes_per_token = 4;
  auto tokens = static_cast<long long>(estimate_tokens(question.prompt));
  for (const std::string& name : question.files) {
    std::error_code ignored;
    if (const auto path = workspace.resolve(name); path && std::filesystem::is_regular_file(*path, ignored))
      tokens += static_cast<long long>(std::filesystem::file_size(*path, ignored)) / k_bytes_per_token;
  }
  return tokens;
}

/// Files whose contents stand in the history that is sent anyway are only named.
Result<engine::FileBundle> without_known(engine::FileBundle files, const History& history,
                                         const ChatQuestion& question, const engine::InlineRules& rules,
                                         const engine::Workspace& workspace) {
  if (files.files.empty()) return files;
  std::set<std::string> known;
  for (const models::ChatMessage& message : history.messages)
    known.merge(engine::contents_in(message.content));
  const bool again =
      std::any_of(files.files.begin(), files.files.end(),
                  [&](const engine::InlinedFile& file) { return known.count(file.sha256) != 0; });
  if (!again) return files;
  return engine::inline_files(workspace, question.files, rules, known);
}

/// What is known before a model is chosen.
models::ChatRequest first_chat_request(const ChatQuestion& question, const engine::CallContext& context) {
  models::ChatRequest request;
  request.model = question.model;
  request.temperature = question.temperature;
  request.thinking_mode = question.thinking_mode;
  request.web_search = question.web_search;
  request.stream = question.stream;
  request.images = question.images;
  request.needs = {.tool = "chat",
                   .files = false,
                   .fast = true,
                   .cheap = false,
                   .tokens = expected_tokens(question, context.workspace())};
  return request;
}

Result<Prepared> prepare_chat(const ChatQuestion& question, const std::vector<store::Message>& earlier,
                              engine::CallContext& context) {
  Prepared prepared;
  models::ChatRequest& request = prepared.request;
  request = first_chat_request(question, context);
  const Result<models::ModelChoice> choice =
      models::choose_model(context.config(), context.models(), request);
  if (!choice) return fail(choice.error());
  engine::InlineRules rules;
  rules.tokens = content_budget(choice->model);
  Result<engine::FileBundle> files = engine::inline_files(context.workspace(), question.files, rules);
  if (!files) return fail(files.error());
  if (context.config().boolean("workspace.strict_size"))
    prepared.refused = code_too_large(choice->model, *files, rules.tokens);
  if (prepared.refused) return prepared;
  Result<std::vector<std::string>> images = engine::image_urls(context.workspace(), question.images);
  if (!images) return fail(images.error());
  const auto tokens = static_cast<long long>(estimate_tokens(question.prompt)) +
                      static_cast<long long>(estimate_tokens(files->text)) +
                      static_cast<long long>(estimate_tokens(embedded_prompt("chat")));
  if (auto fits = check_fit(choice->model, question, tokens); !fits) return fail(fits.error());
  const std::string& name = choice->model.name;
  const models::Provider& provider = *choice->provider;
  const bool other = provider.any_model && name != context.config().text(provider.model_setting);
  request.model = other ? fmt::format("{}/{}", provider.id, name) : name;
  request.messages.push_back({"system", std::string(embedded_prompt("chat")), {}});
  prepared.history = history_within(earlier, history_budget(choice->model, tokens));
  files = without_known(std::move(*files), prepared.history, question, rules, context.workspace());
  if (!files) return fail(files.error());
  prepared.user_text = question.prompt + files->text;
  prepared.files = file_facts(files->files);
  for (models::ChatMessage& message : prepared.history.messages)
    request.messages.push_back(std::move(message));
  request.messages.push_back({"user", prepared.user_text, {}});
  request.images = std::move(*images);
  request.needs.tokens = tokens;
  return prepared;
}

/// What is kept of a question: its files too, so that a later turn still knows them, unless they are huge.
std::string saved_text(const ChatQuestion& question, const std::string& user_text) {
  constexpr std::size_t k_max_kept = 200'000;
  if (user_text.size() <= k_max_kept) return user_text;
  return question.prompt + "\n\n[files: " + join(question.files, ", ") + "]";
}

Result<void> keep(const std::string& id, const ChatQuestion& question, const std::string& user_text,
                  const models::Reply& reply, engine::CallContext& context) {
  const Wall now = context.clock().wall();
  const std::vector<store::Message> messages{
      {"user", saved_text(question, user_text), "chat", reply.provider, reply.model, now},
      {"assistant", reply.content, "chat", reply.provider, reply.model, now}};
  return context.memory().append(id, context.principal(), messages, engine::memory_rules(context.config()),
                                 question.conversation.empty());
}

Json metadata(const models::Reply& reply, bool cached, const Prepared& prepared) {
  Json data{{"tool_name", "chat"},
            {"model_used", reply.model},
            {"provider_used", reply.provider},
            {"finish_reason", reply.finish_reason},
            {"history_messages", prepared.history.kept},
            {"cached", cached},
            {"usage",
             {{"prompt_tokens", reply.usage.prompt},
              {"completion_tokens", reply.usage.completion},
              {"cached_tokens", reply.usage.cached}}}};
  if (reply.cost > 0) data["cost_usd"] = reply.cost;
  if (!reply.reasoning.empty()) data["reasoning"] = reply.reasoning;
  if (!reply.failed_attempts.empty()) data["detours"] = reply.failed_attempts;
  if (!prepared.files.empty()) data["files"] = prepared.files;
  if (prepared.history.condensed + prepared.history.dropped > 0)
    data["history_left_out"] = {{"condensed", prepared.history.condensed},
                                {"dropped", prepared.history.dropped}};
  if (std::string cut = cut_note(reply); !cut.empty()) data["warning"] = std::move(cut);
  return data;
}

/// From the cache, or from the model. What was answered before costs nothing now.
Result<models::AnswerCache::Found> answered_chat(const ChatQuestion& question,
                                                 const models::ChatRequest& request,
                                                 engine::CallContext& context) {
  std::function<void(std::string_view)> on_delta;
  if (question.stream)
    on_delta = [&context](std::string_view delta) {
      context.progress({.text = std::string(delta), .message = {}});
    };
  Result<models::AnswerCache::Found> found =
      context.caches().semantic.get(models::answer_key(context.principal(), request), context.deadline(),
                                    context.stop(), [&] { return context.chat(request, on_delta); });
  if (!found || !found->cached) return found;
  if (on_delta) on_delta(found->reply.content);
  found->reply.usage = {};
  found->reply.cost = 0;
  return found;
}

Result<engine::CallAnswer> run_chat(const Json& arguments, engine::CallContext& context) {
  const Result<ChatQuestion> question = read_question(arguments);
  if (!question) return fail(question.error());
  if (std::optional<Envelope> back =
          resend_prompt("chat", "prompt", question->prompt, "files", context.config()))
    return enveloped(std::move(*back));
  const Result<std::vector<store::Message>> earlier = earlier_chat_messages(*question, context);
  if (!earlier) return fail(earlier.error());
  const Result<Prepared> prepared = prepare_chat(*question, *earlier, context);
  if (!prepared) return fail(prepared.error());
  if (prepared->refused) return enveloped(*prepared->refused);
  const Result<models::AnswerCache::Found> found = answered_chat(*question, prepared->request, context);
  if (!found) return fail(found.error());
  const models::Reply& reply = found->reply;

  const std::string id = question->conversation.empty() ? context.new_id() : question->conversation;
  Envelope envelope;
  envelope.content = reply.content;
  envelope.content_type = "markdown";
  envelope.metadata = metadata(reply, found->cached, *prepared);
  if (const Result<void> kept = keep(id, *question, prepared->user_text, reply, context); !kept)
    envelope.metadata["warning"] = envelope.metadata.value("warning", "") +
                                   (envelope.metadata.contains("warning") ? "; " : "") +
                                   "the conversation was not kept: " + kept.error().message;
  else if (const auto left = static_cast<long long>(turn_limit(context.config()) - earlier->size() / 2) - 1;
           left > 0)
    envelope.offer = ContinuationOffer{id, left};
  engine::ToolOutput output = enveloped(std::move(envelope));
  output.provider = reply.provider;
  output.model = reply.model;
  output.usage = reply.usage;
  return output;
}

const Registered<Tool> k_chat{
    Tool{.id = "chat",
         .title = "Chat",
         .description = "Ask a model: questions, second opinions, ideas, with files and images.",
         .read_only = true,
         .destructive = false,
         .idempotent = false,
         .open_world = true,
         .work = engine::Work::blocking,
         .budget = timeouts::Layer::simple,
         .tier = ToolTier::core,
         .run = &run_chat}};

}  // namespace
}  // namespace exai::tools
