// Runs of runbooks and suites with their reports.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <string>
#include <vector>

namespace exai::store {

struct RunRecord {
  std::string run_id, title, host, version, verdict, report_json;
  Wall started{};
  Millis duration{0};
  int exit_code = 0;
};

/// Thread-safe; every call blocks for at most the statement timeout of its home.
class Runs {
 public:
  virtual ~Runs() = default;
  /// Returns only after the commit is on disk. A run that is there already stays as it is.
  virtual Result<void> save(const RunRecord& run) = 0;
  /// The newest, newest first.
  virtual Result<std::vector<RunRecord>> load(std::size_t max) = 0;
};

}  // namespace exai::store
