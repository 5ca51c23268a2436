#include "core/text.hpp"
#include "tools/envelope.hpp"
#include "tools/provider_files.hpp"

#include <set>

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::string_view k_kimi = "kimi";
constexpr auto k_unused = std::chrono::hours(30 * 24);

Result<engine::CallAnswer> list(const Json& arguments, engine::CallContext& context) {
  const auto files = remote_files(context, std::string(k_kimi));
  if (!files) return fail(files.error());
  const Result<FileOwners> owners = FileOwners::load(context, std::string(k_kimi));
  if (!owners) return fail(owners.error());
  const bool all = context.may(Scope::admin);
  const auto limit = arguments.value("limit", std::size_t{100});
  Json shown = Json::array();
  for (const RemoteFile& file : *files)
    if (shown.size() < limit && (all || owners->is_own(file.id))) shown.push_back(file_facts(file));
  const std::size_t count = shown.size();
  return json_output({{"operation", "list"}, {"count", count}, {"files", std::move(shown)}});
}

Result<engine::CallAnswer> remove_one(const Json& arguments, engine::CallContext& context) {
  const std::string id = arguments.value("file_id", "");
  if (id.empty())
    return fail(ErrorKind::invalid, "file_id: delete needs the id of a file", "operation list shows the ids");
  const Result<FileOwners> owners = FileOwners::load(context, std::string(k_kimi));
  if (!owners) return fail(owners.error());
  if (!context.may(Scope::admin) && !owners->is_own(id))
    return fail(ErrorKind::not_found, fmt::format("file_id: you sent no file {}", printable(id)),
                "operation list shows yours");
  const bool dry = arguments.value("dry_run", false);
  if (!dry)
    if (auto removed = remove_remote(context, std::string(k_kimi), id); !removed)
      return fail(removed.error());
  Json result{{"operation", "delete"}, {"file_id", id}, {"deleted", !dry}};
  if (dry) result["dry_run"] = true;
  return json_output(std::move(result));
}

/// The files that the operation is about.
Result<std::vector<RemoteFile>> chosen(const std::string& operation, engine::CallContext& context) {
  Result<std::vector<RemoteFile>> there = remote_files(context, std::string(k_kimi));
  if (!there || operation == "cleanup_all") return there;
  const Result<FileOwners> owners = FileOwners::load(context, std::string(k_kimi));
  if (!owners) return fail(owners.error());
  const Wall oldest = context.clock().wall() - k_unused;
  std::set<std::string> known, expired;
  for (const store::ProviderFile& record : owners->records()) {
    known.insert(record.id);
    if (record.used < oldest && owners->may_use(record.id)) expired.insert(record.id);
  }
  std::vector<RemoteFile> files;
  for (RemoteFile& file : *there) {
    const bool meant = operation == "cleanup_orphaned" ? !known.contains(file.id) : expired.contains(file.id);
    if (meant) files.push_back(std::move(file));
  }
  return files;
}

Result<engine::CallAnswer> clean_up(const std::string& operation, const Json& arguments,
                                    engine::CallContext& context) {
  if (operation != "cleanup_expired" && !context.may(Scope::admin))
    return fail(
        ErrorKind::refused,
        fmt::format("operation: {} removes what others sent and needs a key with scope admin", operation),
        "use delete, or cleanup_expired for your own files");
  const auto files = chosen(operation, context);
  if (!files) return fail(files.error());
  const bool dry = arguments.value("dry_run", false);
  std::size_t removed = 0;
  Json failed = Json::array();
  for (const RemoteFile& file : *files) {
    if (dry) break;
    if (context.stop().stop_requested() || context.deadline().passed()) {
      failed.push_back({{"file_id", file.id}, {"error", "no time was left; call again"}});
      continue;
    }
    const Result<void> done = remove_remote(context, std::string(k_kimi), file.id);
    if (done || done.error().kind == ErrorKind::not_found)
      ++removed;
    else
      failed.push_back({{"file_id", file.id}, {"error", done.error().message}});
    context.progress({.text = {},
                      .message = "removed " + file.name,
                      .done = static_cast<double>(removed + failed.size()),
                      .total = static_cast<double>(files->size())});
  }
  Json result{{"operation", operation},
              {"dry_run", dry},
              {"deleted_count", dry ? 0 : removed},
              {"failed", std::move(failed)}};
  if (operation == "cleanup_orphaned") result["orphaned_count"] = files->size();
  if (operation == "cleanup_expired") result["expired_count"] = files->size();
  if (dry) {
    Json ids = Json::array();
    for (const RemoteFile& file : *files) ids.push_back(file.id);
    result["would_delete"] = std::move(ids);
  }
  return json_output(std::move(result));
}

Result<engine::CallAnswer> run_kimi_manage_files(const Json& arguments, engine::CallContext& context) {
  const std::string operation = arguments.value("operation", "");
  if (operation == "list") return list(arguments, context);
  if (operation == "delete") return remove_one(arguments, context);
  if (operation.starts_with("cleanup_")) return clean_up(operation, arguments, context);
  return fail(ErrorKind::invalid, fmt::format("operation: '{}' is unknown", printable(operation)),
              "use list, delete, cleanup_all, cleanup_orphaned or cleanup_expired");
}

const Registered<Tool> k_kimi_manage_files_tool{
    Tool{.id = "kimi_manage_files",
         .title = "Manage files at Kimi",
         .description = "Lists and removes files that Kimi keeps.",
         .read_only = false,
         .destructive = true,
         .open_world = true,
         .budget = timeouts::Layer::workflow,
         .provider = "kimi",
         .run = &run_kimi_manage_files}};

}  // namespace
}  // namespace exai::tools
