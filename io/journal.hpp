// An append-only journal for what was promised and is not in its store yet: records with a checksum, which
// outlive the process as soon as append() returns, and are handed over at the next start.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exai::io {

/// Thread-safe. Each process has one of its own, so that several may share a folder: two files, which are
/// written in turn. One is begun anew when all its records are in the store, so that a journal stays as small
/// as what waits.
class Journal {
 public:
  /// Makes NAME.journal.a and NAME.journal.b (mode 0600) and locks the first: it is ours while we live.
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& folder, const std::string& name);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  /// Removes the files when every record was released; else they stay for recover_journals().
  ~Journal();

  /// The operating system has the record when this returns: a killed process does not lose it. The result is
  /// its number, which is one more each time. A failed append leaves nothing behind; the next one may
  /// succeed.
  Result<std::uint64_t> append(std::string_view record);
  /// The disk has every record up to this number when this returns; one call of the system serves all that
  /// wait for it.
  Result<void> sync(std::uint64_t number);
  /// Records up to this number are in the store.
  void release(std::uint64_t number);
  [[nodiscard]] std::uint64_t last() const;
  /// True when nothing waits.
  [[nodiscard]] bool released() const;

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// True when a journal is there, of whatever process.
bool any_journal(const std::filesystem::path& folder);

/// Hands the records of every journal in the folder whose process is gone to `take`, in their order, and
/// removes a journal when `take` has succeeded. What was torn by the end of the process is left out: nobody
/// was promised that it is kept. Journals of living processes are left alone. The number of records handed
/// over.
Result<std::size_t> recover_journals(
    const std::filesystem::path& folder,
    const std::function<Result<void>(const std::vector<std::string>& records)>& take);

}  // namespace exai::io
