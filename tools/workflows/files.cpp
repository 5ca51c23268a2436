#include "tools/workflows/step.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

struct Budget {
  engine::InlineRules rules;
  std::size_t files = 0;
};

void note(StepFiles& out, const std::string& path, const std::string& why) {
  out.context["not_embedded"].push_back({{"file", path}, {"reason", why}});
}

/// One path at a time: what cannot be read is reported, and the others go all the same.
void inline_one(const Step& step, const std::string& path, Budget& budget, std::set<std::string>& known,
                StepFiles& out) {
  const Result<engine::FileBundle> part =
      engine::inline_files(step.context.workspace(), {path}, budget.rules, known);
  if (!part) return note(out, path, part.error().message);
  out.text += part->text;
  out.tokens += part->tokens;
  budget.rules.tokens -= part->tokens;
  for (const engine::InlinedFile& file : part->files) {
    if (!file.inlined) {
      note(out, file.path, file.note);
      continue;
    }
    known.insert(file.sha256);
    out.hashes.push_back(file.sha256);
    out.context["files_embedded"].push_back(file.path);
    if (budget.files > 0) --budget.files;
  }
}

}  // namespace

Json file_references(const Step& step) {
  const std::vector<std::string>& files = step.gathered.relevant_files;
  Json references = Json::object();
  references["type"] = "reference_only";
  references["file_references"] = files;
  references["context_optimization"] =
      files.empty() ? "no files are named yet" : "files are named only; nobody was sent their contents";
  return references;
}

StepFiles inline_files(const Step& step, long long tokens) {
  StepFiles out;
  out.context = {{"type", "fully_embedded"}, {"files_embedded", Json::array()}};
  const Config& config = step.context.config();
  Budget budget;
  budget.files = static_cast<std::size_t>(config.integer("expert.max_files"));
  budget.rules.tokens = tokens;
  budget.rules.file_bytes = static_cast<std::uint64_t>(config.integer("expert.max_file_kb")) << 10U;
  std::set<std::string> known;
  for (const std::string& path : step.gathered.relevant_files) {
    if (budget.files == 0) {
      note(out, path, fmt::format("more than {} files", config.integer("expert.max_files")));
      continue;
    }
    budget.rules.files = budget.files;
    inline_one(step, path, budget, known, out);
  }
  out.context["context_optimization"] =
      fmt::format("{} files went to the expert, about {} tokens", out.hashes.size(), out.tokens);
  return out;
}

}  // namespace exai::tools
