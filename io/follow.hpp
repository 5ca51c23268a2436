// A file that grows, followed over rotation and truncation.
#pragma once

#include "io/lines.hpp"

#include <filesystem>
#include <functional>
#include <string_view>

namespace exai::io {

/// Hands over the lines that are added to the file of that name, whichever file that is: when it is moved
/// away, what was still added to it is read to its end, then the new one from its start; one that was emptied
/// is read from its start. It may be missing for a while.
class FollowedFile {
 public:
  using Take = std::function<bool(std::string_view)>;
  /// Begins behind what the file holds now.
  explicit FollowedFile(std::filesystem::path path);
  ~FollowedFile();
  FollowedFile(const FollowedFile&) = delete;
  FollowedFile& operator=(const FollowedFile&) = delete;
  /// How much of the file was there at the beginning; 0 when it was missing.
  [[nodiscard]] std::uint64_t began_at() const { return began_at_; }
  /// Hands over the whole lines that came since; false when `take` wanted no more.
  bool look(const Take& take);

 private:
  bool drain(const Take& take);
  [[nodiscard]] bool was_emptied() const;
  void close_file();
  void open_file(bool at_end);

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t began_at_ = 0;
  timespec changed_{};  ///< the file's last change when all of it was read
  LineSplitter lines_;
};

}  // namespace exai::io
