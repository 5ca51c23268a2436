#include "tools/provider_files.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

// More than any provider keeps for one account (Kimi: 1000).
constexpr std::size_t k_max_listed = 10'000;

/// Sizes and times in seconds; what is neither counts as not said.
std::int64_t number_member(const Json& object, const char* key) {
  // Seconds that a clock of nanoseconds can hold, and more than a file has bytes.
  constexpr double k_most = 9e9;
  const double value = number_of(object, key).value_or(0.0);
  return value > 0 && value < k_most ? static_cast<std::int64_t>(value) : 0;
}

RemoteFile read_file_facts(const Json& object) {
  return {text_of(object, "id"), text_of(object, "filename"), text_of(object, "purpose"),
          number_member(object, "bytes"), number_member(object, "created_at")};
}

Result<Json> read_object(const std::string& provider, const std::string& body) {
  Result<Json> object = parse_json(body);
  if (object && object->is_object()) return object;
  return fail(ErrorKind::provider,
              fmt::format("{} did not answer with a JSON object about its files", provider), "try again");
}

/// Ids become parts of a path.
Result<void> check_id(const std::string& id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (!id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), allowed)) return {};
  return fail(ErrorKind::invalid, fmt::format("'{}' is not a file id", printable(id.substr(0, 128))),
              "use an id from kimi_upload_files or from kimi_manage_files with operation list");
}

Result<models::ProviderAnswer> ask_for_files(engine::CallContext& context, const std::string& provider,
                                             std::string method, std::string path) {
  models::ProviderRequest request;
  request.provider = provider;
  request.method = std::move(method);
  request.path = std::move(path);
  return context.ask(request);
}

/// The file as the provider has it now; nothing when it is gone there.
Result<std::optional<RemoteFile>> still_there(engine::CallContext& context,
                                              const store::ProviderFile& known) {
  const Result<models::ProviderAnswer> answer =
      ask_for_files(context, known.provider, "GET", "/files/" + known.id);
  if (!answer && answer.error().kind == ErrorKind::not_found) return std::nullopt;
  if (!answer) return fail(answer.error());
  const Result<Json> object = read_object(known.provider, answer->body);
  if (!object) return fail(object.error());
  RemoteFile file = read_file_facts(*object);
  if (file.id != known.id || text_of(*object, "status") == "error") return std::nullopt;
  return file;
}

Result<std::optional<RemoteFile>> sent_before(engine::CallContext& context, const Outgoing& file,
                                              const UploadRules& rules) {
  const Millis ttl = context.config().duration("files.record_ttl");
  const Wall now = context.clock().wall();
  const auto known = context.store().files().load(rules.provider);
  if (!known) return fail(known.error());
  for (store::ProviderFile record : *known) {
    // Another's file is not shared: its owner may remove it, and its existence is nobody else's business.
    if (record.owner != context.principal() || record.sha256 != file.sha256 ||
        record.purpose != rules.purpose || now - record.uploaded > ttl)
      continue;
    Result<std::optional<RemoteFile>> there = still_there(context, record);
    if (!there) return there;
    if (!*there) {
      if (auto gone = context.store().files().remove(record.provider, record.id); !gone)
        return fail(gone.error());
      continue;
    }
    record.used = now;
    if (auto kept = context.store().files().save(record); !kept) return fail(kept.error());
    return there;
  }
  return std::nullopt;
}

Result<RemoteFile> upload(engine::CallContext& context, const Outgoing& file, const UploadRules& rules) {
  models::ProviderRequest request;
  request.provider = rules.provider;
  request.method = "POST";
  request.path = "/files";
  request.timeout = rules.timeout;
  request.timeout_setting = rules.timeout_setting;
  request.repeatable = false;  // a second one would leave a file that nobody knows
  request.form.push_back(
      {.name = "purpose", .value = rules.purpose, .file = {}, .file_name = {}, .type = {}});
  request.form.push_back(
      {.name = "file", .value = {}, .file = file.file->alias(), .file_name = file.name, .type = {}});
  const Result<models::ProviderAnswer> answer = context.ask(request);
  if (!answer) return fail(Error(answer.error()).during("sending " + printable(file.path)));
  const Result<Json> object = read_object(rules.provider, answer->body);
  if (!object) return fail(object.error());
  RemoteFile made = read_file_facts(*object);
  if (auto usable = check_id(made.id); !usable)
    return fail(ErrorKind::provider,
                fmt::format("{} took {} but gave it no usable id", rules.provider, printable(file.path)));
  if (made.name.empty()) made.name = file.name;
  if (made.bytes == 0) made.bytes = static_cast<std::int64_t>(file.file->size);
  return made;
}

}  // namespace

Json file_facts(const RemoteFile& file) {
  return {{"id", file.id},
          {"filename", file.name},
          {"bytes", file.bytes},
          {"created_at", file.created},
          {"purpose", file.purpose}};
}

Error too_large(const Outgoing& file, const UploadRules& rules) {
  return make_error(
      ErrorKind::invalid,
      fmt::format("{} has {} bytes, the limit is {}", printable(file.path), file.file->size, rules.max_bytes),
      fmt::format("send a smaller file, or raise {}", rules.size_variable));
}

Result<Outgoing> take_file(engine::CallContext& context, const std::string& path, const UploadRules& rules) {
  Result<io::Opened> opened = context.workspace().open(path);
  if (!opened) return fail(opened.error());
  const std::string shown = printable(path);
  if (opened->is_folder)
    return fail(ErrorKind::invalid, fmt::format("{} is a folder", shown), "name the files in it");
  if (opened->size == 0) return fail(ErrorKind::invalid, fmt::format("{} is empty", shown), "leave it out");
  Result<std::string> digest =
      opened->size > rules.max_bytes ? Result<std::string>(std::string()) : io::digest_of(*opened);
  if (!digest)
    return fail(digest.error().kind, fmt::format("cannot read {}: {}", shown, digest.error().message));
  std::string name = printable(std::filesystem::path(path).filename().string());
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '"' || c == '\n' || c == '\t'; }, '_');
  return Outgoing{path, name.empty() ? "file" : name, std::make_shared<const io::Opened>(std::move(*opened)),
                  std::move(*digest)};
}

Result<Sent> send_file(engine::CallContext& context, const Outgoing& file, const UploadRules& rules) {
  Result<std::optional<RemoteFile>> known = sent_before(context, file, rules);
  if (!known) return fail(known.error());
  if (*known) return Sent{std::move(**known), true};
  Result<RemoteFile> made = upload(context, file, rules);
  if (!made) return fail(made.error());
  const Wall now = context.clock().wall();
  const auto kept = context.store().files().save({.provider = rules.provider,
                                                  .id = made->id,
                                                  .sha256 = file.sha256,
                                                  .purpose = rules.purpose,
                                                  .name = file.name,
                                                  .owner = context.principal(),
                                                  .bytes = made->bytes,
                                                  .uploaded = now,
                                                  .used = now});
  // The file is there and its id is what the caller needs; without a record it is sent again next time.
  if (!kept)
    context.log(engine::ClientLog::warning,
                Json("no record kept of " + file.name + ": " + kept.error().message));
  return Sent{std::move(*made), false};
}

Result<std::vector<RemoteFile>> remote_files(engine::CallContext& context, const std::string& provider) {
  const Result<models::ProviderAnswer> answer = ask_for_files(context, provider, "GET", "/files");
  if (!answer) return fail(answer.error());
  const Result<Json> object = read_object(provider, answer->body);
  if (!object) return fail(object.error());
  std::vector<RemoteFile> files;
  const auto list = object->find("data");
  if (list == object->end() || !list->is_array()) return files;
  for (const Json& one : *list) {
    if (!one.is_object() || files.size() == k_max_listed) continue;
    files.push_back(read_file_facts(one));
  }
  return files;
}

Result<FileOwners> FileOwners::load(engine::CallContext& context, const std::string& provider) {
  Result<std::vector<store::ProviderFile>> records = context.store().files().load(provider);
  if (!records) return fail(records.error());
  FileOwners owners;
  owners.records_ = std::move(*records);
  owners.caller_ = context.principal();
  owners.admin_ = context.may(Scope::admin);
  return owners;
}

bool FileOwners::may_use(const std::string& id) const {
  return admin_ || std::none_of(records_.begin(), records_.end(), [&](const store::ProviderFile& record) {
           return record.id == id && record.owner != caller_;
         });
}

bool FileOwners::is_own(const std::string& id) const {
  return std::any_of(records_.begin(), records_.end(), [&](const store::ProviderFile& record) {
    return record.id == id && record.owner == caller_;
  });
}

Result<std::string> remote_text(engine::CallContext& context, const std::string& provider,
                                const std::string& id) {
  if (auto valid = check_id(id); !valid) return fail(valid.error());
  Result<models::ProviderAnswer> answer =
      ask_for_files(context, provider, "GET", "/files/" + id + "/content");
  if (!answer && answer.error().kind == ErrorKind::not_found)
    return fail(ErrorKind::not_found, fmt::format("{} has no file {}", provider, id),
                "send it with kimi_upload_files and use the new id");
  if (!answer) return fail(answer.error());
  return std::move(answer->body);
}

Result<void> remove_remote(engine::CallContext& context, const std::string& provider, const std::string& id) {
  if (auto valid = check_id(id); !valid) return valid;
  const Result<models::ProviderAnswer> answer = ask_for_files(context, provider, "DELETE", "/files/" + id);
  const bool gone = !answer && answer.error().kind == ErrorKind::not_found;
  if (!answer && !gone) return fail(answer.error());
  if (auto forgotten = context.store().files().remove(provider, id); !forgotten) return forgotten;
  if (gone)
    return fail(ErrorKind::not_found, fmt::format("{} has no file {}", provider, id),
                "kimi_manage_files with operation list shows what there is");
  return {};
}

}  // namespace exai::tools
