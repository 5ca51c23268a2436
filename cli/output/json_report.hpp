// The report as JSON values, shared by the writers json and jsonl.
#pragma once

#include "cli/output/layout.hpp"

#include <nlohmann/json.hpp>

namespace exai::cli {

using Ordered = nlohmann::ordered_json;

Ordered result_json(const CheckResult& result);
/// Everything but the results: schema, version, run, host, times.
Ordered report_head_json(const Report& report);
/// Counts, verdict and code.
Ordered report_tail_json(const Report& report, ExitCode code);
/// The row of a table as an object with the column keys.
Ordered row_json(const Table& table, const std::vector<std::string>& row);
/// Text that never throws for bad UTF-8.
std::string dump(const Ordered& value, int indent);

}  // namespace exai::cli
