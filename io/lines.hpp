// The lines of a file of any size, compressed or not, with bounded memory.
#pragma once

#include "core/result.hpp"

#include <filesystem>
#include <functional>
#include <string_view>

namespace exai::io {

/// Hands over each line without its newline until `take` says false; a last line without a newline counts.
/// How the file is compressed is seen from its first bytes: gzip is read, zstd where libzstd is installed. A
/// line longer than a MiB is cut there. Lines before a damage are handed over, then the error says what is
/// wrong.
Result<void> each_line(const std::filesystem::path& path, const std::function<bool(std::string_view)>& take);

/// Bytes as they come to lines, cutting those that are too long.
class LineSplitter {
 public:
  static constexpr std::size_t k_max_line = std::size_t{1} << 20U;
  /// False when `take` wanted no more.
  bool feed(std::string_view bytes, const std::function<bool(std::string_view)>& take);
  /// What is left at the end.
  bool finish(const std::function<bool(std::string_view)>& take);

 private:
  std::string line_;
};

}  // namespace exai::io
