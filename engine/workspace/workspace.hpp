// The files that callers may name: which folders they may lie in, and their contents as part of a prompt.
#pragma once

#include "core/config.hpp"
#include "core/result.hpp"
#include "io/beneath.hpp"

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace exai::engine {

class Workspace {
 public:
  /// The folders of workspace.roots, below `base` where they are relative. A missing one is not an error: it
  /// holds no files.
  static Result<Workspace> from(const Config& config, const std::filesystem::path& base);

  /// The file or folder itself, whatever links lead there. "C:\\x" is looked up in workspace.drive_mappings.
  /// Errors: `invalid` (relative, where that is not allowed; a drive that stands for nothing), `refused`
  /// (outside of the roots, or a file that holds secrets), `missing_input` (not there, or no regular file or
  /// folder).
  [[nodiscard]] Result<std::filesystem::path> resolve(std::string_view path) const;
  [[nodiscard]] const std::vector<std::filesystem::path>& roots() const { return roots_; }

  /// A resolved path as a root and what lies below it.
  struct Place {
    std::filesystem::path real, root, below;
  };
  [[nodiscard]] Result<Place> locate(std::string_view path) const;
  /// What locate() allows, open: nobody can put another file in its place any more. Errors as resolve().
  [[nodiscard]] Result<io::Opened> open(std::string_view path) const;

 private:
  [[nodiscard]] Result<std::filesystem::path> absolute(std::string_view path) const;

  std::vector<std::filesystem::path> roots_;
  std::vector<std::pair<char, std::string>> drives_;  ///< 'c', "/app"
  bool relative_ = false;
};

/// True for names that keys, passwords and the like are kept under; such files are never sent to a model.
bool may_hold_secrets(const std::filesystem::path& path);

struct InlineRules {
  long long tokens = 0;                                ///< for all files together
  std::uint64_t file_bytes = std::uint64_t{1} << 20U;  ///< larger files are named, not inlined
  std::size_t files = 1000;                            ///< that are looked at, all folders together
  bool line_numbers = false;
};

/// The note of a file that the rest of the budget did not hold.
inline constexpr std::string_view k_no_room = "no room left";

/// What became of one file.
struct InlinedFile {
  std::string path;  ///< as the caller named it (or found in a folder that it named)
  std::string sha256;
  std::uint64_t bytes = 0;
  long long tokens = 0;
  bool inlined = false;
  std::string note;  ///< why not: "too large: 3 MiB of 1 MiB", "same content as /a/b", k_no_room;
                     ///< or what is odd about it: "one of 2 hard links"
};

struct FileBundle {
  std::string text;  ///< begins with an empty line; empty = there were no files
  std::vector<InlinedFile> files;
  long long tokens = 0;
};

/// Tokens of a text file by its size and ending.
long long file_tokens(const std::filesystem::path& path, std::uint64_t bytes);

/// The contents one after another below header lines. Folders stand for the text files in them, without
/// those of version control, builds, caches and the like. The same content is inlined once, and content
/// whose hash is in `known` (inlined earlier in the conversation) only named. Files for which there is no
/// room are named in the text. Errors: a path that is not allowed; a file, named itself, that is not text
/// (`invalid`).
Result<FileBundle> inline_files(const Workspace& workspace, const std::vector<std::string>& paths,
                                const InlineRules& rules, const std::set<std::string>& known = {});

/// Hashes of the contents that inline_files() wrote into a text, as far as they are whole and have no line
/// numbers.
std::set<std::string> contents_in(std::string_view text);

/// https: and data: URLs as they are, paths of PNG, JPEG, GIF and WebP files (10 MiB at most) as data URLs.
Result<std::vector<std::string>> image_urls(const Workspace& workspace,
                                            const std::vector<std::string>& images);

}  // namespace exai::engine
