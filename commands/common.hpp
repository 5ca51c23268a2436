// What several commands do alike.
#pragma once

#include "cli/command.hpp"
#include "core/check.hpp"
#include "store/home.hpp"
#include "store/spool.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace exai::commands {

using cli::Args;
using cli::Context;
using cli::Outcome;

/// An empty report with run id, host, version and start time.
Report new_report(const Context& context, std::string title);
/// The report as an outcome, with the time since the command began.
Outcome finished(Report report, const Context& context);
/// Saves the outcome's report in the store of the deployment. A run that could not be saved is unknown, never
/// a pass: it gets a result that says so.
void save_run(Outcome& outcome, const Context& context);
/// The same for a run of tests, told by a note of the report: branch and commit are the CI job's.
void save_tests(Report& report, store::RecordedTests tests, const Context& context);
/// One result, timed by whoever made it, as a report.
Outcome single(CheckResult result, const Context& context, std::string title);
Outcome text_outcome(std::string text, std::string json = {});
/// A result of ours that no registered check made.
CheckResult result_of(std::string id, std::string title, Status status, std::string summary);

/// What the judge of the whole configuration says for a server that listens; asked once a command.
const std::vector<Finding>& judgement(const Context& context);

/// A path setting, relative ones below the root.
/// Where what this deployment remembers is kept.
store::Home home_of(const Context& context);
std::filesystem::path path_setting(const Context& context, std::string_view key);
CheckContext check_context(const Context& context);

/// Values of options; `usage` errors name the option.
Result<Millis> duration_option(const Args& args, std::string_view name, Millis otherwise);
Result<std::optional<Millis>> duration_option(const Args& args, std::string_view name);
Result<std::size_t> count_option(const Args& args, std::string_view name, std::size_t otherwise,
                                 std::size_t max);

/// Waits until the time has passed, the deadline comes or a stop is asked for; true when the time just
/// passed.
bool pause(Millis time, const Context& context);

}  // namespace exai::commands
