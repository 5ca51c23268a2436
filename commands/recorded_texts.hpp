// Recorded runs of tests as text, JSON and CSV.
#pragma once

#include "cli/command.hpp"
#include "store/results.hpp"
#include "store/spool.hpp"

#include <string>
#include <vector>

namespace exai::commands {

cli::Table run_table(const std::vector<store::TestRunRecord>& runs);
cli::Table spool_table(const std::vector<store::Spool::Entry>& entries);

/// The run's head and the results that did not pass, or all.
std::string run_text(const store::TestRunRecord& run, const std::vector<store::ResultRecord>& results,
                     bool all);
/// {"schema":"exai.test-run/1", run, results}.
std::string run_json(const store::TestRunRecord& run, const std::vector<store::ResultRecord>& results);

/// A line a run, oldest first, with the difference to the run before it and a sum at the end.
std::string stats_text(const std::vector<store::TestRunRecord>& newest_first);
std::string stats_json(const std::vector<store::TestRunRecord>& newest_first);

/// One JSON object a line: the run, then its results.
std::string jsonl_rows(const store::TestRunRecord& run, const std::vector<store::ResultRecord>& results);
/// Such lines as one document, {"schema":"exai.test-export/1","lines":[...]}.
std::string export_json(const std::string& jsonl);
/// RFC 4180 with a head; a text that a spreadsheet would take for a formula begins with an apostrophe.
std::string csv_head();
std::string csv_rows(const store::TestRunRecord& run, const std::vector<store::ResultRecord>& results);

}  // namespace exai::commands
