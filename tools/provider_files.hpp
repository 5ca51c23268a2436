// Files that live at a model provider: sent once, listed, read and removed. What the tools for them share.
#pragma once

#include "io/beneath.hpp"
#include "tools/tool.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::tools {

/// A file as the provider lists it.
struct RemoteFile {
  std::string id, name, purpose;
  std::int64_t bytes = 0;
  std::int64_t created = 0;  ///< seconds since 1970; 0 = not said
};
/// {id, filename, bytes, created_at, purpose}
Json file_facts(const RemoteFile& file);

/// Where to send files and how large they may be.
struct UploadRules {
  std::string provider, purpose;
  std::uint64_t max_bytes = 0;
  std::string size_variable;           ///< the setting to name when one is larger
  Millis timeout{0};                   ///< of one upload
  std::string_view timeout_setting{};  ///< where it comes from
};

/// A file of the workspace, open and with its hash, so that what is sent is what was looked at.
struct Outgoing {
  std::string path;  ///< as the caller named it
  std::string name;  ///< the name that the provider gets
  std::shared_ptr<const io::Opened> file;
  std::string sha256;  ///< empty = larger than the rules allow
};
/// `invalid`, for a file that is larger than the rules allow.
Error too_large(const Outgoing& file, const UploadRules& rules);
/// Errors: as Workspace::open; `invalid` for a folder or an empty file.
Result<Outgoing> take_file(engine::CallContext& context, const std::string& path, const UploadRules& rules);

/// Sends the file, or finds the id under which the caller sent the same content already and the provider
/// still has it. Keeps a record of it in the store. Any thread.
struct Sent {
  RemoteFile file;
  bool known = false;  ///< it was there already
};
Result<Sent> send_file(engine::CallContext& context, const Outgoing& file, const UploadRules& rules);

Result<std::vector<RemoteFile>> remote_files(engine::CallContext& context, const std::string& provider);
/// Whether the caller may see and use the file: an admin all of them, others what they sent themselves and
/// what nobody here sent.
class FileOwners {
 public:
  static Result<FileOwners> load(engine::CallContext& context, const std::string& provider);
  [[nodiscard]] bool may_use(const std::string& id) const;
  /// Whether the caller sent it.
  [[nodiscard]] bool is_own(const std::string& id) const;
  [[nodiscard]] const std::vector<store::ProviderFile>& records() const { return records_; }

 private:
  std::vector<store::ProviderFile> records_;
  std::string caller_;
  bool admin_ = false;
};

/// The text that the provider extracted of a file. `not_found` when there is no such file.
Result<std::string> remote_text(engine::CallContext& context, const std::string& provider,
                                const std::string& id);
/// Removes it there, and our record of it. A file that is gone already is `not_found`.
Result<void> remove_remote(engine::CallContext& context, const std::string& provider, const std::string& id);

}  // namespace exai::tools
