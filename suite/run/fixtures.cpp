#include "suite/run/fixtures.hpp"

#include "io/files.hpp"
#include "io/process.hpp"
#include "io/random.hpp"

#include <array>
#include <cstdlib>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::string_view k_code = "def double(x):\n    return x + x\n";
constexpr std::string_view k_changed = "\n\ndef half(x):\n    return x / 2\n";
constexpr std::string_view k_note =
    "A note for the tests of exai: the cat is called Moritz and sleeps on the printer.\n";

/// Runs git in the folder; the reason when it does not end well.
std::string run_git(const std::filesystem::path& folder, std::vector<std::string> words, Deadline deadline) {
  std::vector<std::string> argv{"git",
                                "-C",
                                folder.string(),
                                "-c",
                                "user.name=exai",
                                "-c",
                                "user.email=exai@localhost",
                                "-c",
                                "commit.gpgsign=false",
                                "-c",
                                "init.defaultBranch=master"};
  argv.insert(argv.end(), std::move_iterator(words.begin()), std::move_iterator(words.end()));
  auto child = io::Child::start(argv, true);
  if (!child) return child.error().message;
  child->close_stdin();
  std::string last;
  while (auto line = child->read_line(deadline)) last = std::move(*line);
  const auto status = child->wait(deadline);
  if (!status) return "git did not end in time";
  return *status == 0 ? "" : last.empty() ? fmt::format("git ended with {}", *status) : last;
}

/// Pages of which no two are the same, nor those of another run.
Result<void> write_pages(const std::filesystem::path& folder) {
  constexpr int k_pages = 12;
  for (int page = 1; page <= k_pages; ++page) {
    const std::string text =
        fmt::format("Page {} of {}: double is twice as much.\n", page, folder.filename().string());
    if (auto written = io::write_atomic(folder / fmt::format("page-{}.txt", page), text); !written)
      return written;
  }
  return {};
}

std::string make_repository(const std::filesystem::path& folder, Deadline deadline) {
  const std::array<std::vector<std::string>, 3> steps{
      {{"init", "-q"}, {"add", "."}, {"commit", "-q", "--no-verify", "-m", "begin"}}};
  for (const auto& step : steps)
    if (std::string why = run_git(folder, step, deadline); !why.empty()) return why;
  return {};
}

}  // namespace

Result<ScratchFolder> ScratchFolder::make(const std::filesystem::path& parent, std::string_view prefix) {
  constexpr std::size_t k_random_bytes = 6;
  constexpr unsigned k_owner_only = 0700;
  const std::filesystem::path path = parent / (std::string(prefix) + io::random_hex(k_random_bytes));
  if (auto made = io::make_directories(path); !made) return fail(made.error());
  ScratchFolder folder(path);
  if (auto changed = io::change_mode(path, k_owner_only); !changed) return fail(changed.error());
  return folder;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<std::map<std::string, std::string>> write_fixtures(const std::filesystem::path& folder,
                                                          Deadline deadline) {
  const std::filesystem::path code = folder / "code.py";
  if (auto written = io::write_atomic(code, k_code); !written) return fail(written.error());
  if (auto written = io::write_atomic(folder / "note.txt", k_note); !written) return fail(written.error());
  if (auto written = write_pages(folder); !written) return fail(written.error());
  const std::string no_git = make_repository(folder, deadline);
  const std::string changed = std::string(k_code) + std::string(k_changed);
  if (auto written = io::write_atomic(code, changed); !written) return fail(written.error());
  return std::map<std::string, std::string>{{"files", ""}, {"git", no_git}};
}

Result<std::vector<std::string>> offline_server(const std::filesystem::path& folder,
                                                const std::filesystem::path& executable) {
  constexpr unsigned k_private = 0600;
  const std::filesystem::path tape = folder / "rehearsal.yaml";
  const std::string settings = fmt::format(
      "GLM_API_KEY=offline-rehearsal-glm\nKIMI_API_KEY=offline-rehearsal-kimi\nTOOL_PROFILE=full\n"
      "SEMANTIC_CACHE_MAX_SIZE=0\nEXAI_EXPERT_CACHE_ENTRIES=0\nEXAI_WORKSPACE_ROOTS={}\n",
      (folder / "files").string());
  if (auto written = io::write_atomic(folder / ".env", settings, k_private); !written)
    return fail(written.error());
  constexpr std::string_view k_tape =
      "version: 1\nbegan: 2026-01-01T00:00:00.000Z\notherwise: echo\nexchanges: []\n";
  if (auto written = io::write_atomic(tape, k_tape); !written) return fail(written.error());
  const char* const path = std::getenv("PATH");
  return std::vector<std::string>{"/usr/bin/env",
                                  "-i",
                                  fmt::format("PATH={}", path == nullptr ? "/usr/bin:/bin" : path),
                                  fmt::format("HOME={}", folder.string()),
                                  executable.string(),
                                  "--root",
                                  folder.string(),
                                  "--quiet",
                                  "serve",
                                  "--stdio",
                                  "--replay",
                                  tape.string()};
}

std::vector<std::string> with_own_log(std::vector<std::string> command, int number) {
  constexpr std::ptrdiff_t k_variables = 2;  // after env -i
  command.insert(command.begin() + k_variables, fmt::format("EXAI_LOG_DIR=logs-{}", number));
  return command;
}

}  // namespace exai::suite
