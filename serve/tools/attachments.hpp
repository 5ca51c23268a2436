// Files and images that a caller names, made part of a prompt.
#pragma once

#include "core/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve {

/// `refused` for files that hold secrets or belong to the system (.env, keys, /etc, /proc, ...), whatever
/// links lead there; `invalid` for a relative path; `missing_input` for what is no readable regular file. The
/// resolved path otherwise.
Result<std::filesystem::path> attachable(std::string_view path);

/// The contents one after another, each below a header line with its path. At most 10 MiB each and of UTF-8
/// text.
Result<std::string> embed_files(const std::vector<std::string>& paths);

/// https: and data: URLs as they are, absolute paths of PNG, JPEG, GIF and WebP files (10 MiB at most) as
/// data URLs.
Result<std::vector<std::string>> image_urls(const std::vector<std::string>& images);

}  // namespace exai::serve
