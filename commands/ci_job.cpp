#include "commands/ci_job.hpp"

#include <span>

namespace exai::commands {
namespace {

constexpr const char* k_branches[] = {"GITHUB_HEAD_REF",
                                      "GITHUB_REF_NAME",
                                      "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                                      "CI_COMMIT_REF_NAME",
                                      "CHANGE_BRANCH",
                                      "BRANCH_NAME",
                                      "BUILD_SOURCEBRANCHNAME",
                                      "CIRCLE_BRANCH",
                                      "BUILDKITE_BRANCH",
                                      "TRAVIS_PULL_REQUEST_BRANCH",
                                      "TRAVIS_BRANCH",
                                      "DRONE_SOURCE_BRANCH",
                                      "DRONE_BRANCH",
                                      "BITBUCKET_BRANCH",
                                      "APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH",
                                      "APPVEYOR_REPO_BRANCH"};
constexpr const char* k_commits[] = {
    "GITHUB_SHA",       "CI_COMMIT_SHA", "GIT_COMMIT",       "BUILD_SOURCEVERSION", "CIRCLE_SHA1",
    "BUILDKITE_COMMIT", "TRAVIS_COMMIT", "DRONE_COMMIT_SHA", "BITBUCKET_COMMIT",    "APPVEYOR_REPO_COMMIT"};

/// The first that is set to something.
std::string first_set(std::span<const char* const> names, const EnvironmentReader& variable) {
  for (const char* name : names)
    if (const char* value = variable(name); value != nullptr && *value != '\0') return value;
  return {};
}

}  // namespace

CiJob ci_job(const EnvironmentReader& variable) {
  return {first_set(k_branches, variable), first_set(k_commits, variable)};
}

}  // namespace exai::commands
