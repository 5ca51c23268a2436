// What the services that run CI jobs say of a job, in variables of the environment.
#pragma once

#include <functional>
#include <string>

namespace exai::commands {

struct CiJob {
  std::string branch, commit;  ///< empty outside of a job
};

/// Reads a variable; null when it is not set.
using EnvironmentReader = std::function<const char*(const char* name)>;

/// Of GitHub, GitLab, Jenkins, Azure, CircleCI, Buildkite, Travis, Drone, Bitbucket and AppVeyor. The branch
/// of a pull request is the one it comes from.
CiJob ci_job(const EnvironmentReader& variable);

}  // namespace exai::commands
