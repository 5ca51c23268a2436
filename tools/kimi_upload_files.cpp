#include "core/text.hpp"
#include "core/utc.hpp"
#include "tools/envelope.hpp"
#include "tools/provider_files.hpp"

#include <atomic>
#include <thread>

#include <fmt/core.h>

namespace exai::tools {
namespace {

struct Skipped {
  std::string name, reason;
};

struct Chosen {
  std::vector<Outgoing> files;
  std::vector<std::size_t> same_as;  ///< for each file the first one of the same content
  std::vector<Skipped> skipped;
};

UploadRules rules_of(const Json& arguments, const Config& config) {
  UploadRules rules;
  rules.provider = "kimi";
  rules.purpose = arguments.value("purpose", "file-extract");
  rules.max_bytes = static_cast<std::uint64_t>(config.integer("kimi.files_max_mb")) << 20U;
  rules.size_variable = "KIMI_FILES_MAX_SIZE_MB";
  rules.timeout = config.duration("kimi.files_timeout");
  rules.timeout_setting = "kimi.files_timeout";
  return rules;
}

Result<Chosen> choose(const Json& paths, const UploadRules& rules, engine::CallContext& context) {
  const auto most = context.config().integer("kimi.files_max_count");
  if (most > 0 && paths.size() > static_cast<std::size_t>(most))
    return fail(ErrorKind::invalid,
                fmt::format("files: {} are named, {} may be sent at once", paths.size(), most),
                "send them in several calls, or raise KIMI_FILES_MAX_COUNT");
  const bool skips = context.config().text("kimi.files_oversize") == "skip";
  Chosen chosen;
  for (const Json& one : paths) {
    const std::string path = one.get<std::string>();
    Result<Outgoing> file = take_file(context, path, rules);
    if (!file) return fail(std::move(file.error()));
    if (file->sha256.empty()) {
      Error large = too_large(*file, rules);
      if (!skips) return fail(std::move(large));
      chosen.skipped.push_back({path, std::move(large.message)});
      continue;
    }
    const auto same = std::find_if(chosen.files.begin(), chosen.files.end(),
                                   [&](const Outgoing& other) { return other.sha256 == file->sha256; });
    chosen.same_as.push_back(static_cast<std::size_t>(same - chosen.files.begin()));
    chosen.files.push_back(std::move(*file));
  }
  return chosen;
}

/// A few at a time; the first failure ends what has not begun.
Result<std::vector<Sent>> send_all(const Chosen& chosen, const UploadRules& rules,
                                   engine::CallContext& context) {
  std::vector<Result<Sent>> results(chosen.files.size(), Result<Sent>(Sent{}));
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    for (std::size_t at = next++; at < chosen.files.size() && !failed; at = next++) {
      if (chosen.same_as[at] != at) continue;
      results[at] = send_file(context, chosen.files[at], rules);
      if (!results[at]) failed = true;
      context.progress({.text = {}, .message = "sent " + chosen.files[at].name});
    }
  };
  {
    const auto wanted = static_cast<std::size_t>(context.config().integer("kimi.files_parallel"));
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(wanted, chosen.files.size()); ++i) others.emplace_back(work);
    work();
  }
  std::vector<Sent> sent;
  for (std::size_t at = 0; at < results.size(); ++at)
    if (!results[at]) return fail(results[at].error());
  for (const std::size_t first : chosen.same_as) sent.push_back(*results[first]);
  return sent;
}

std::string stamp(const RemoteFile& file, engine::CallContext& context) {
  return format_utc(file.created > 0 ? Wall(std::chrono::seconds(file.created)) : context.clock().wall());
}

Result<engine::CallAnswer> run_kimi_upload_files(const Json& arguments, engine::CallContext& context) {
  const UploadRules rules = rules_of(arguments, context.config());
  const Result<Chosen> chosen = choose(arguments.at("files"), rules, context);
  if (!chosen) return fail(chosen.error());
  const Result<std::vector<Sent>> sent = send_all(*chosen, rules, context);
  if (!sent) return fail(sent.error());
  Json files = Json::array();
  for (std::size_t i = 0; i < sent->size(); ++i) {
    const RemoteFile& file = (*sent)[i].file;
    files.push_back({{"filename", chosen->files[i].name},
                     {"file_id", file.id},
                     {"size_bytes", file.bytes},
                     {"upload_timestamp", stamp(file, context)}});
  }
  Json skipped = Json::array();
  for (const Skipped& one : chosen->skipped)
    skipped.push_back({{"filename", one.name}, {"reason", one.reason}});
  // The text is the list alone, as the original's clients read it.
  engine::ToolOutput output = text_output(pretty_json(files));
  if (!skipped.empty())
    output.content.push_back({{"type", "text"}, {"text", "left out, too large: " + dump_json(skipped)}});
  output.structured = dump_json({{"files", std::move(files)}, {"skipped", std::move(skipped)}});
  output.provider = "kimi";
  return output;
}

const Registered<Tool> k_kimi_upload_files_tool{
    Tool{.id = "kimi_upload_files",
         .title = "Send files to Kimi",
         .description = "Sends files to Kimi for kimi_chat_with_files.",
         .read_only = false,
         .open_world = true,
         .budget = timeouts::Layer::workflow,
         .provider = "kimi",
         .run = &run_kimi_upload_files}};

}  // namespace
}  // namespace exai::tools
