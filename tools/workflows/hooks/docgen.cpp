#include "tools/workflows/hook.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

long long counter(const Step& step, const char* name) {
  return step.arguments.value(name, 0LL);
}

Json strategies(const Step& step) {
  Json list = Json::array();
  for (const auto& [field, text] : {std::pair{"document_complexity", "complexity notes"},
                                    {"document_flow", "call flow notes"},
                                    {"update_existing", "stale comments rewritten"},
                                    {"comments_on_complex_logic", "inline comments where the logic is hard"}})
    if (step.argument(field) == true) list.push_back(text);
  return list;
}

/// One step to look around, one for each file; nobody is done before all files are.
Result<void> check_docgen(Step& step) {
  const long long done = counter(step, "num_files_documented");
  const long long all = counter(step, "total_files_to_document");
  if (done > all)
    return fail(ErrorKind::invalid,
                fmt::format("num_files_documented is {}, more than total_files_to_document, {}", done, all),
                "count the files again and send both numbers");
  if (all > 0) step.total = std::max(step.number, 1 + all);
  if (!step.more && done < all) {
    step.more = true;
    step.extra["refused_end"] = true;
    step.total = std::max(step.total, step.number + all - done);
  }
  return {};
}

void add_counts(Step& step) {
  Json& block = step.answer[step.flow.block_key];
  block["documentation_strategies"] = strategies(step);
  block["num_files_documented"] = counter(step, "num_files_documented");
  block["total_files_to_document"] = counter(step, "total_files_to_document");
}

Result<void> pause_docgen(Step& step) {
  add_counts(step);
  if (step.extra.value("refused_end", false))
    step.answer["message"] =
        fmt::format("not done yet: {} of {} files are documented", counter(step, "num_files_documented"),
                    counter(step, "total_files_to_document"));
  return {};
}

Result<void> complete_docgen(Step& step) {
  add_counts(step);
  step.answer[step.flow.complete_key] = complete_block(step);
  step.answer["next_steps"] = step.flow.text("finished");
  step.said = fmt::format("{} files are documented.", counter(step, "num_files_documented"));
  return {};
}

}  // namespace

const Registered<WorkflowHook> k_docgen_hook{WorkflowHook{.id = "docgen",
                                                          .texts = {"finished"},
                                                          .check = check_docgen,
                                                          .pause = pause_docgen,
                                                          .complete = complete_docgen}};

}  // namespace exai::tools
