#include "core/text.hpp"
#include "tools/workflows/hook.hpp"
#include "tools/workflows/hooks/git.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr Millis k_precommit_patience{10'000};
constexpr std::size_t k_max_status = std::size_t{16} << 10U;
constexpr std::size_t k_max_diff = std::size_t{96} << 10U;
constexpr std::size_t k_max_files = 500;

/// A revision as git writes it; above all nothing that git could take for an option.
bool is_revision(std::string_view text) {
  if (text.empty() || text.size() > 200 || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._/-~^@{}").find(c) != std::string_view::npos;
  });
}

Result<void> check_precommit(Step& step) {
  const std::string revision = step.arguments.value("compare_to", "");
  if (revision.empty() || is_revision(revision)) return {};
  return fail(ErrorKind::invalid, fmt::format("compare_to '{}' is not a revision", printable(revision)),
              "send a branch, tag or commit, such as origin/main");
}

struct Look {
  std::filesystem::path folder;
  Deadline deadline;
  std::string summary;  ///< of the change, for the answer and the expert
  std::string diff;
};

/// Which two states are compared: options of git diff, with a title.
std::vector<std::pair<std::string, std::vector<std::string>>> comparisons(const Step& step) {
  if (const std::string revision = step.argument_text("compare_to"); !revision.empty())
    return {{"against " + revision, {revision}}};
  std::vector<std::pair<std::string, std::vector<std::string>>> list;
  if (step.argument("include_staged") != false) list.push_back({"staged", {"--cached"}});
  if (step.argument("include_unstaged") != false) list.push_back({"not staged", {}});
  return list;
}

Result<void> run_precommit(Look& look, const std::string& title, std::vector<std::string> arguments,
                           std::size_t most, std::string& out) {
  Result<GitAnswer> answer = git(look.folder, arguments, most, look.deadline);
  if (!answer) return fail(answer.error());
  if (answer->status != 0)
    return fail(ErrorKind::invalid,
                fmt::format("git {} in {} failed: {}", arguments[0], look.folder.string(),
                            printable(trim(answer->text))),
                "give in 'path' the root of a git repository, and in 'compare_to' a revision of it");
  if (trim(answer->text).empty()) return {};
  out += fmt::format("\n### {}\n{}", title, answer->text);
  if (answer->cut) out += "[cut: there is more]\n";
  return {};
}

/// Names first, so that what may hold secrets is left out of the diff.
Result<void> add_diff(Look& look, const std::string& title, const std::vector<std::string>& what) {
  std::vector<std::string> names{
      "diff",       "--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules=dirty",
      "--relative", "--name-only"};
  names.insert(names.end(), what.begin(), what.end());
  names.emplace_back("--");
  const Result<GitAnswer> changed = git(look.folder, names, std::size_t{1} << 20U, look.deadline);
  if (!changed) return fail(changed.error());
  if (changed->status != 0)
    return fail(ErrorKind::invalid, "git diff failed: " + printable(trim(changed->text)),
                "give in 'path' the root of a git repository, and in 'compare_to' a revision of it");
  std::vector<std::string> paths;
  std::size_t hidden = 0;
  for (std::string& path : split(changed->text, '\n')) {
    const bool secret = engine::may_hold_secrets(path);
    if (secret) ++hidden;
    if (!secret && paths.size() < k_max_files) paths.push_back(std::move(path));
  }
  if (hidden > 0)
    look.summary +=
        fmt::format("\n{} changed files ({}) may hold secrets and are not shown.\n", hidden, title);
  if (paths.empty()) return {};
  std::vector<std::string> options{
      "diff", "--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules=dirty", "--relative"};
  options.insert(options.end(), what.begin(), what.end());
  std::vector<std::string> stat = options;
  stat.emplace_back("--stat");
  for (auto* list : {&stat, &options}) {
    list->emplace_back("--");
    list->insert(list->end(), paths.begin(), paths.end());
  }
  if (Result<void> done = run_precommit(look, "Changes, " + title, stat, k_max_status, look.summary); !done)
    return done;
  return run_precommit(look, "Diff, " + title, options, k_max_diff, look.diff);
}

Result<void> look_around_precommit(Step& step) {
  const std::string path = step.argument_text("path");
  if (path.empty()) return {};
  const Result<std::filesystem::path> folder = step.context.workspace().resolve(path);
  if (!folder) return fail(folder.error());
  // git is a process of this world and takes time of it, whatever clock the call lives by.
  const Millis patience = std::min(step.context.deadline().left(step.context.clock()), k_precommit_patience);
  Look look{*folder, Deadline::after(patience), {}, {}};
  Result<void> done =
      run_precommit(look, "Status", {"status", "--short", "--branch", "--ignore-submodules=dirty", "--", "."},
                    k_max_status, look.summary);
  for (const auto& [title, what] : comparisons(step))
    if (done) done = add_diff(look, title, what);
  if (!done) return done;
  if (look.diff.empty()) look.summary += "\nThere is nothing to compare: no difference was found.\n";
  if (!is_utf8(look.summary)) look.summary = printable(look.summary);
  if (!is_utf8(look.diff)) look.diff = printable(look.diff);
  step.facts = "## What git says" + look.summary + look.diff;
  step.answer["git"] = {{"path", path}, {"summary", look.summary}, {"diff_bytes", look.diff.size()}};
  return {};
}

}  // namespace

const Registered<WorkflowHook> k_precommit_hook{
    WorkflowHook{.id = "precommit", .check = check_precommit, .look = look_around_precommit}};

}  // namespace exai::tools
