#include "tools/workflows/hooks/git.hpp"

#include "core/text.hpp"
#include "engine/workspace/workspace.hpp"
#include "io/process.hpp"

#include <fmt/core.h>

namespace exai::tools {

Result<GitAnswer> git(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                      std::size_t max_bytes, Deadline deadline) {
  // A repository may name programs to run (fsmonitor, hooks); its files come from whoever wrote them.
  std::vector<std::string> argv{"git",
                                "-C",
                                folder.string(),
                                "--no-pager",
                                "--no-optional-locks",
                                "--literal-pathspecs",
                                "-c",
                                "core.fsmonitor=false",
                                "-c",
                                "core.hooksPath=/dev/null",
                                "-c",
                                "core.quotePath=false",
                                "-c",
                                "core.safecrlf=false",
                                "-c",
                                "color.ui=false"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Result<io::Child> child = io::Child::start(argv, true);
  if (!child) return fail(child.error());
  child->close_stdin();
  GitAnswer answer;
  for (;;) {
    Result<std::string> line = child->read_line(deadline);
    if (!line) {
      if (line.error().kind != ErrorKind::unreachable) return fail(line.error());
      break;
    }
    if (answer.text.size() + line->size() > max_bytes) {
      answer.cut = true;
      return answer;  // the child is ended with its object
    }
    answer.text.append(*line).append("\n");
  }
  const std::optional<int> status = child->wait(deadline);
  if (!status) return fail(ErrorKind::unreachable, "git did not end in time", "try again");
  answer.status = *status;
  return answer;
}

Result<std::vector<std::string>> changed_files(const std::filesystem::path& folder, std::size_t most,
                                               Deadline deadline) {
  constexpr std::size_t k_max_bytes = std::size_t{1} << 20U;
  const Result<GitAnswer> tree = git(
      folder, {"ls-files", "--modified", "--others", "--exclude-standard", "--", "."}, k_max_bytes, deadline);
  if (!tree) return fail(tree.error());
  if (tree->status != 0)
    return fail(ErrorKind::invalid, "git says: " + printable(trim(tree->text)), "name a git repository");
  std::string text = tree->text;
  // Without a first commit there is no HEAD to compare with: then what is staged is not listed.
  const Result<GitAnswer> staged =
      git(folder,
          {"diff", "--cached", "--no-ext-diff", "--no-renames", "--relative", "--name-only", "HEAD", "--"},
          k_max_bytes, deadline);
  if (staged && staged->status == 0) text += staged->text;
  std::vector<std::string> paths;
  for (std::string& path : split(text, '\n')) {
    if (path.size() > 1 && path.front() == '"' && path.back() == '"') path = path.substr(1, path.size() - 2);
    const bool seen = std::find(paths.begin(), paths.end(), path) != paths.end();
    if (!seen && paths.size() < most && !engine::may_hold_secrets(path)) paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace exai::tools
