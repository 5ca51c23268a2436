#include "engine/workspace/folder_files.hpp"

#include "core/text.hpp"
#include "engine/workspace/workspace.hpp"

#include <array>

namespace exai::engine {
namespace {

constexpr std::size_t k_max_depth = 32;
// Of one folder; a cache of a million files must not hold up a call.
constexpr std::size_t k_entries = 20'000;

constexpr std::array<std::string_view, 26> k_excluded{
    ".git",          ".hg",         ".svn",    ".bzr",        "node_modules", "bower_components",
    "venv",          ".venv",       "env",     "__pycache__", ".cache",       ".mypy_cache",
    ".pytest_cache", ".ruff_cache", ".tox",    ".nox",        "build",        "dist",
    "target",        "out",         ".gradle", ".idea",       ".vs",          ".next",
    "vendor",        "coverage"};

bool excluded(const std::string& folder) {
  const std::string name = to_lower(folder);
  return std::find(k_excluded.begin(), k_excluded.end(), name) != k_excluded.end() ||
         name.ends_with(".egg-info") || name.starts_with("cmake-build-");
}

Result<void> collect(const io::Opened& root, const std::filesystem::path& below, std::size_t depth,
                     std::size_t max, FoundFiles& found) {
  const Result<io::Opened> folder = io::open_beneath(root, below);
  if (!folder) return fail(folder.error());
  const Result<std::vector<io::FolderEntry>> listed = io::entries(*folder, k_entries);
  if (!listed) return fail(listed.error());
  for (const io::FolderEntry& entry : *listed) {
    if (entry.is_folder || may_hold_secrets(below / entry.name)) continue;
    if (found.files.size() == max) {
      found.more = true;
      return {};
    }
    found.files.push_back({below / entry.name, entry.size});
  }
  for (const io::FolderEntry& entry : *listed) {
    if (!entry.is_folder || excluded(entry.name) || may_hold_secrets(below / entry.name)) continue;
    if (depth == 0) {
      found.more = true;
      continue;
    }
    // A folder that cannot be read, or is gone by now, hides only itself.
    const Result<void> done = collect(root, below / entry.name, depth - 1, max, found);
    if (found.more && found.files.size() == max) return {};
    if (!done && done.error().kind == ErrorKind::internal) return done;
  }
  return {};
}

}  // namespace

Result<FoundFiles> folder_files(const io::Opened& root, const std::filesystem::path& below, std::size_t max) {
  FoundFiles found;
  if (Result<void> done = collect(root, below, k_max_depth, max, found); !done) return fail(done.error());
  return found;
}

}  // namespace exai::engine
