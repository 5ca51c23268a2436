// The files that cases name, in a folder of their own, and the scratch deployment of an offline run.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace exai::suite {

/// A folder that is removed with all in it when the object goes.
class ScratchFolder {
 public:
  /// Makes a folder (mode 0700) of a name that nobody has below `parent`, which is made too.
  static Result<ScratchFolder> make(const std::filesystem::path& parent, std::string_view prefix);
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// Writes code.py, note.txt and page-1.txt to page-12.txt into the folder and makes a git repository with one
/// change of it. What is there then, as RunnerOptions::has wants it: "files", and "git" with the reason why
/// it is not.
Result<std::map<std::string, std::string>> write_fixtures(const std::filesystem::path& folder,
                                                          Deadline deadline);

/// Makes the folder a deployment whose providers are a cassette that repeats what it is asked: keys that are
/// none, the workspace `files`. Returns the command that starts its server on standard input and output.
/// Nothing of this process's environment reaches it.
Result<std::vector<std::string>> offline_server(const std::filesystem::path& folder,
                                                const std::filesystem::path& executable);
/// The same command for the server of that number: its log lies in a folder of its own.
std::vector<std::string> with_own_log(std::vector<std::string> command, int number);

}  // namespace exai::suite
