// Runs that wait for a home which could not be reached: a folder with a file each, brought in later in their
// order. A file is there whole or not at all, and a run saved twice is one run (TestRunRecord::key,
// RunRecord::run_id): a process killed anywhere loses none and doubles none.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "store/results.hpp"
#include "store/runs.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace exai::store {

/// A run of tests with its results.
struct RecordedTests {
  TestRunRecord run;
  std::vector<ResultRecord> results{};
};

/// Several processes may use one folder at a time.
class Spool {
 public:
  /// How many runs may wait; then adding one is `busy`.
  static constexpr std::size_t k_max_waiting = 10'000;

  explicit Spool(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// On the disk when this returns.
  Result<void> add(const RecordedTests& tests) const;
  Result<void> add(const RunRecord& run) const;

  struct Entry {
    std::filesystem::path file;
    Wall since{};  ///< when it was put there
    std::uint64_t bytes = 0;
  };
  /// Oldest first; empty when there is no folder.
  [[nodiscard]] Result<std::vector<Entry>> waiting() const;
  /// What an entry holds; `invalid` when its checksum or its form is wrong.
  [[nodiscard]] static Result<std::variant<RecordedTests, RunRecord>> read(const std::filesystem::path& file);

  struct Replayed {
    std::size_t saved = 0;
    /// Set aside in the folder's `rejected`, because they are damaged or the home refuses what is in them.
    std::vector<std::string> rejected{};
  };
  /// Brings all that waits into the home, oldest first, and ends with the error of the first one that the
  /// home could not take now: what comes after it stays behind it.
  Result<Replayed> replay(TestRuns& tests, Runs& runs) const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  [[nodiscard]] Result<void> put(std::string record) const;
  [[nodiscard]] Result<void> set_aside(const Entry& entry) const;

  std::filesystem::path folder_;
};

/// True when an error says that a home cannot take anything now, so that the run may wait for it.
bool may_wait(const Error& error);

}  // namespace exai::store
