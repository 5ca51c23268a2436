#include "suite/results/run_builder.hpp"

#include "core/text.hpp"
#include "suite/results/texts.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_max_kept = std::size_t{256} << 20U;
constexpr std::size_t k_max_notes = 50;
constexpr std::size_t k_max_place = 1024;
constexpr std::size_t k_max_ref = 256;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

void keep_within_bounds(TestResult& result) {
  result.group = kept_text(result.group, k_max_test_name);
  result.name = kept_text(result.name, k_max_test_name);
  if (result.name.empty()) result.name = "(no name)";
  result.message = kept_text(result.message, k_max_test_message);
  result.detail = kept_text(result.detail, k_max_test_detail);
  result.file = kept_text(result.file, k_max_place);
  if (result.line && *result.line < 1) result.line.reset();
}

Result<void> RunBuilder::add(TestResult result) {
  if (run_.results.size() == k_max_test_results)
    return fail(ErrorKind::invalid, fmt::format("more than {} results", k_max_test_results),
                "hand in the file of each suite or package by itself");
  keep_within_bounds(result);
  kept_ += result.group.size() + result.name.size() + result.message.size() + result.detail.size() +
           result.file.size();
  if (kept_ > k_max_kept)
    return fail(ErrorKind::invalid, fmt::format("the results have more than {} bytes of text", k_max_kept),
                "hand in the file of each suite or package by itself");
  run_.results.push_back(std::move(result));
  return {};
}

Result<void> RunBuilder::add_problem(std::string_view group, std::string_view name, std::string message) {
  TestResult result;
  result.group = group;
  result.name = name;
  result.message = std::move(message);
  return add(std::move(result));
}

void RunBuilder::note(std::string_view text) {
  if (run_.notes.size() < k_max_notes)
    run_.notes.push_back(kept_text(text, k_max_test_name));
  else
    ++more_notes_;
}

void RunBuilder::set_name(std::string_view name) {
  if (run_.name.empty()) run_.name = kept_text(name, k_max_test_name);
}

void RunBuilder::set_host(std::string_view host) {
  if (run_.host.empty()) run_.host = kept_text(host, k_max_ref);
}

void RunBuilder::set_started(std::optional<Wall> when) {
  if (when && (!run_.started || *when < *run_.started)) run_.started = when;
}

void RunBuilder::take_property(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  const std::string key = to_lower(name.substr(0, k_max_ref));
  if (is_one_of(key, {"branch", "git.branch", "git_branch", "vcs.branch", "ci.branch", "ci_commit_branch",
                      "ci_commit_ref_name", "github_ref_name", "build_sourcebranchname"}))
    run_.branch = kept_text(value, k_max_ref);
  if (is_one_of(key, {"commit", "git.commit", "git_commit", "git.sha", "vcs.revision", "ci.commit",
                      "revision", "ci_commit_sha", "github_sha", "build_sourceversion"}))
    run_.commit = kept_text(value, k_max_ref);
}

TestRun RunBuilder::finish() {
  if (more_notes_ > 0) run_.notes.push_back(fmt::format("and {} more of these", more_notes_));
  more_notes_ = 0;
  if (!run_.duration)
    for (const TestResult& result : run_.results)
      if (result.duration) run_.duration = run_.duration.value_or(Micros{0}) + *result.duration;
  return std::move(run_);
}

}  // namespace exai::suite
