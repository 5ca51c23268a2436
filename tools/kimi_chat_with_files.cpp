#include "core/text.hpp"
#include "models/providers/choose.hpp"
#include "tools/envelope.hpp"
#include "tools/history.hpp"
#include "tools/kimi_common.hpp"
#include "tools/provider_files.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

/// Each file's text as a system message of its own, as Kimi wants it.
Result<long long> add_files(const Json& ids, models::ChatRequest& request, engine::CallContext& context) {
  long long tokens = 0;
  for (const Json& id : ids) {
    Result<std::string> text = remote_text(context, "kimi", id.get<std::string>());
    if (!text) return fail(std::move(text.error()));
    tokens += static_cast<long long>(estimate_tokens(*text));
    request.messages.push_back({"system", std::move(*text), {}});
  }
  return tokens;
}

/// Files that are asked about are in use; a cleanup of old ones leaves them.
void note_use(const FileOwners& owners, const Json& ids, engine::CallContext& context) {
  for (store::ProviderFile record : owners.records()) {
    if (std::find(ids.begin(), ids.end(), Json(record.id)) == ids.end()) continue;
    record.used = context.clock().wall();
    if (!context.store().files().save(record)) return;
  }
}

Result<engine::CallAnswer> run_kimi_chat_with_files(const Json& arguments, engine::CallContext& context) {
  const std::string prompt = arguments.value("prompt", "");
  if (trim(prompt).empty())
    return fail(ErrorKind::invalid, "the prompt is blank", "say in 'prompt' what to find in the files");
  const std::string model = arguments.value("model", "kimi-k2-0905-preview");
  Result<models::ChatRequest> request = kimi_request(context, "kimi_chat_with_files", model);
  if (!request) return fail(request.error());
  const Json& ids = arguments.at("file_ids");
  const Result<FileOwners> owners = FileOwners::load(context, "kimi");
  if (!owners) return fail(owners.error());
  for (const Json& id : ids)
    if (!owners->may_use(id.get<std::string>()))
      return fail(ErrorKind::not_found, fmt::format("kimi has no file {}", printable(id.get<std::string>())),
                  "send it with kimi_upload_files and use the new id");
  const Result<long long> tokens = add_files(ids, *request, context);
  if (!tokens) return fail(tokens.error());
  const Result<models::ModelChoice> choice = models::choose_model(context.config(), context.models(), model);
  if (!choice) return fail(choice.error());
  if (*tokens > content_budget(choice->model))
    return fail(ErrorKind::invalid,
                fmt::format("file_ids: the files have about {} tokens, the model {} takes {}", *tokens,
                            choice->model.name, content_budget(choice->model)),
                "ask about fewer files, or name a model with a larger window");
  request->messages.push_back({"user", prompt, {}});
  request->temperature = arguments.value("temperature", 0.3);
  request->needs.files = true;
  request->needs.tokens = *tokens;
  const Result<models::Reply> reply = context.chat(*request, {});
  if (!reply) return fail(reply.error());
  note_use(*owners, ids, context);
  Json result{{"model", reply->model}, {"content", reply->content}};
  if (std::string cut = cut_note(*reply); !cut.empty()) result["warning"] = std::move(cut);
  return answered(json_output(std::move(result)), *reply);
}

const Registered<Tool> k_kimi_chat_with_files_tool{
    Tool{.id = "kimi_chat_with_files",
         .title = "Ask Kimi about files",
         .description = "Asks Kimi about files of kimi_upload_files.",
         .idempotent = false,
         .open_world = true,
         .tier = ToolTier::core,
         .provider = "kimi",
         .run = &run_kimi_chat_with_files}};

}  // namespace
}  // namespace exai::tools
