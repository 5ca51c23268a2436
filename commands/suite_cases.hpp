// Which cases `exai suite` speaks of, and what it knows of the server that they are run against.
#pragma once

#include "commands/common.hpp"
#include "mcp/client/client.hpp"
#include "suite/catalogue/catalogue.hpp"
#include "suite/run/runner.hpp"

#include <map>
#include <string>
#include <vector>

namespace exai::commands::suite_cases {

/// The cases of the catalogue that --tool, --variation, --skip and --limit leave; a name that fits nothing is
/// a usage error with the nearest one.
Result<std::vector<suite::TestCase>> chosen(const Args& args);

/// What a server says of itself before anything is tested.
struct ServerFacts {
  Json tools;                              ///< of tools/list
  std::vector<suite::HiddenTool> hidden;   ///< and why
  std::map<std::string, std::string> has;  ///< for CaseCall::needs: its providers
  std::string name;
  std::string protocol;  ///< the revision that was agreed on
};
/// Lists the tools and, of our own server, asks status for providers and hidden tools.
Result<ServerFacts> facts_of(mcp::client::McpClient& client, Deadline deadline, std::stop_token stop);

/// Whether most of the tools that the server offers are those of the catalogue.
bool is_ours(const ServerFacts& facts);

/// Cases out of the server's own schemas, narrowed by the same flags; --allow-writes as it says.
Result<std::vector<suite::TestCase>> derived(const Args& args, const ServerFacts& facts);

/// For the judge: names and the schemas of answers. A schema that cannot be compiled is left out.
suite::JudgeFacts judge_facts(const ServerFacts& facts, const Redactor& secrets);

/// Cases that call a tool which the server hides become skips that say why.
void skip_hidden(std::vector<suite::TestCase>& cases, const ServerFacts& facts);

/// All cases of the catalogue against what the server offers, as one result.
CheckResult coverage(const ServerFacts& facts);

inline constexpr std::array k_choice_options = {
    cli::Option{.name = "--tool", .value = "NAME", .help = "only cases of this tool", .repeat = true},
    cli::Option{.name = "--variation",
                .value = "NAME",
                .help = "only this variation of each tool",
                .values = "basic_functionality|edge_cases|error_handling|file_handling|model_selection|"
                          "continuation|timeout_handling|progress_reporting|web_search|file_upload|"
                          "conversation_id_persistence|conversation_id_isolation|"
                          "valid|missing|wrong_type|boundary|unknown_field|unicode|huge|concurrent|cancelled",
                .repeat = true},
    cli::Option{.name = "--skip",
                .value = "ID",
                .help = "leave out this case, or all of TOOL or TOOL.VARIATION",
                .repeat = true},
    cli::Option{.name = "--limit", .value = "N", .help = "only the first N of them"}};

}  // namespace exai::commands::suite_cases
