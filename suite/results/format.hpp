// The formats in which tools write the results of tests, and the one way to read them.
#pragma once

#include "core/registry.hpp"
#include "core/result.hpp"
#include "suite/results/test_run.hpp"

#include <optional>
#include <string_view>

namespace exai::suite {

/// The record of one format, registered by its own file. All text is literal.
struct ResultFormat {
  std::string_view id{};     ///< "junit": what a person types
  std::string_view title{};  ///< which tools write it
  /// Whether bytes, which are not empty and begin with no byte order mark of UTF-8, may be of this format: a
  /// look at their beginning, which reads nothing else. At most one format takes any bytes.
  bool (*looks_like)(std::string_view bytes) = nullptr;
  /// Reads what looks like it. Errors are `invalid` and name line and column or JSON pointer.
  Result<TestRun> (*read)(std::string_view bytes) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
};

/// Bytes that a file of results may have.
inline constexpr std::size_t k_max_results_file = std::size_t{256} << 20U;
/// The same of one JSON document, which is held as a whole while it is read.
inline constexpr std::size_t k_max_results_document = std::size_t{32} << 20U;

/// One file of results, in the format of that id or in the one that it looks like. Errors: `usage` for an
/// unknown id, `invalid` for what cannot be read, is empty, or is of no known format; each names the place
/// and the way out. A file that is whole and has no test is a run without results, whose verdict is
/// `unknown`.
Result<TestRun> read_results(std::string_view bytes, std::optional<std::string_view> format = std::nullopt);

}  // namespace exai::suite
