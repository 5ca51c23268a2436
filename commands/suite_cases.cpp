#include "commands/suite_cases.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/derive/derive.hpp"
#include "suite/report/case_results.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands::suite_cases {
namespace {

/// True for "chat", "chat.edge_cases" and "chat.edge_cases.one-letter" where the case is that one.
bool is_below(const std::string& id, const std::string& prefix) {
  return id == prefix || (id.starts_with(prefix) && id[prefix.size()] == '.');
}

Result<void> names_fit(std::string_view option, const std::vector<std::string>& given,
                       const std::set<std::string>& known) {
  for (const std::string& name : given) {
    if (known.find(name) != known.end()) continue;
    const std::string near = did_you_mean(name, {known.begin(), known.end()});
    return fail(ErrorKind::usage,
                fmt::format("{}: there is no \"{}\" among the cases", option, printable(name)),
                near.empty() ? "exai suite list" : near);
  }
  return {};
}

std::set<std::string> all_ids(const std::vector<suite::TestCase>& cases) {
  std::set<std::string> ids;
  for (const suite::TestCase& test : cases)
    ids.merge(std::set<std::string>{test.tool, test.tool + "." + test.variation, suite::case_id(test)});
  return ids;
}

std::set<std::string> tool_names(const std::vector<suite::TestCase>& cases) {
  std::set<std::string> names;
  for (const suite::TestCase& test : cases) names.insert(test.tool);
  return names;
}

bool among(const std::vector<std::string>& given, const std::string& name) {
  return given.empty() || std::find(given.begin(), given.end(), name) != given.end();
}

/// Those that --tool, --variation, --skip and --limit leave.
Result<std::vector<suite::TestCase>> narrowed(const Args& args, std::vector<suite::TestCase> cases) {
  const auto tools = args.all("--tool"), variations = args.all("--variation"), left_out = args.all("--skip");
  if (auto fit = names_fit("--tool", tools, tool_names(cases)); !fit) return fail(fit.error());
  if (auto fit = names_fit("--skip", left_out, all_ids(cases)); !fit) return fail(fit.error());
  std::erase_if(cases, [&](const suite::TestCase& test) {
    const std::string id = suite::case_id(test);
    return !among(tools, test.tool) || !among(variations, test.variation) ||
           std::any_of(left_out.begin(), left_out.end(),
                       [&](const std::string& one) { return is_below(id, one); });
  });
  constexpr std::size_t k_most = 100'000;
  const auto limit = count_option(args, "--limit", k_most, k_most);
  if (!limit) return fail(limit.error());
  if (cases.size() > *limit) cases.resize(*limit);
  return cases;
}

/// What the first text of an answer says as JSON; null when it says nothing.
Json first_body(const Result<Json>& result) {
  if (!result) return {};
  return suite::read_answer(*result).body.value_or(Json());
}

}  // namespace

Result<std::vector<suite::TestCase>> chosen(const Args& args) {
  auto cases = suite::load_catalogue();
  if (!cases) return cases;
  return narrowed(args, std::move(*cases));
}

Result<std::vector<suite::TestCase>> derived(const Args& args, const ServerFacts& facts) {
  constexpr std::size_t k_most = 20'000;
  suite::DeriveOptions options;
  options.allow_writes = args.has("--allow-writes");
  std::vector<suite::TestCase> cases;
  for (const Json& tool : facts.tools) {
    std::vector<suite::TestCase> one = suite::derive_cases(tool, options);
    cases.insert(cases.end(), std::move_iterator(one.begin()), std::move_iterator(one.end()));
    if (cases.size() > k_most)
      return fail(ErrorKind::invalid,
                  fmt::format("the server has too many tools: more than {} cases", k_most),
                  "--tool NAME takes some of them");
  }
  return narrowed(args, std::move(cases));
}

bool is_ours(const ServerFacts& facts) {
  const auto cases = suite::load_catalogue();
  if (!cases) return false;
  const std::set<std::string> tested = tool_names(*cases);
  const auto known = std::count_if(facts.tools.begin(), facts.tools.end(), [&](const Json& tool) {
    return tested.find(text_of(tool, "name")) != tested.end();
  });
  return known > 0 && 2 * static_cast<std::size_t>(known) >= facts.tools.size();
}

Result<ServerFacts> facts_of(mcp::client::McpClient& client, Deadline deadline, std::stop_token stop) {
  ServerFacts facts;
  facts.name = client.server().name;
  facts.protocol = client.server().protocol;
  auto tools = client.list(mcp::client::McpList::tools, deadline, stop);
  if (!tools) return fail(std::move(tools).error().during("listing the tools"));
  facts.tools = std::move(*tools);
  // Of a stranger's server nothing is called that no case calls.
  if (!is_ours(facts)) return facts;
  const Json status =
      first_body(client.call_tool("status", Json{{"include_tools", true}}, deadline, std::move(stop)));
  for (const Json& row : member_of(status, "tools_hidden"))
    facts.hidden.emplace_back(text_of(row, "name"), text_of(row, "reason"));
  for (const char* const provider : {"glm", "kimi"})
    facts.has[provider] = status.is_object() ? "the server has no key of it" : "the server does not say";
  for (const std::string& provider : texts_of(status, "providers_configured")) facts.has[provider] = "";
  return facts;
}

suite::JudgeFacts judge_facts(const ServerFacts& facts, const Redactor& secrets) {
  suite::JudgeFacts known;
  known.secrets = &secrets;
  for (const Json& tool : facts.tools) {
    const std::string name = text_of(tool, "name");
    known.tools.insert(name);
    const Json& schema = member_of(tool, "outputSchema");
    if (!schema.is_object()) continue;
    if (auto compiled = mcp::Schema::compile(schema)) known.answers.emplace(name, std::move(*compiled));
  }
  return known;
}

void skip_hidden(std::vector<suite::TestCase>& cases, const ServerFacts& facts) {
  for (suite::TestCase& test : cases)
    for (const auto& [name, reason] : facts.hidden) {
      if (!test.skip.empty()) break;
      if (test.tool == name)
        test.skip = "the server hides it: " + reason;
      else if (std::any_of(test.calls.begin(), test.calls.end(),
                           [&hidden = name](const suite::CaseCall& call) { return call.tool == hidden; }))
        test.skip = fmt::format("the server hides {}, which it calls: {}", name, reason);
    }
}

CheckResult coverage(const ServerFacts& facts) {
  CheckResult result =
      result_of("suite.coverage", "every tool has a case, and every case a tool", Status::pass, "");
  result.group = "suite";
  const auto cases = suite::load_catalogue();
  if (!cases) {
    result.status = Status::unknown;
    result.cause = Cause::internal;
    result.summary = cases.error().message;
    return result;
  }
  result.findings = suite::check_catalogue(*cases, facts.tools, facts.hidden);
  result.status = worst(result.findings);
  if (result.status == Status::skip) result.status = Status::pass;
  const auto count = [&](Status severity) {
    return std::count_if(result.findings.begin(), result.findings.end(),
                         [&](const Finding& one) { return one.severity == severity; });
  };
  result.summary = fmt::format("{} tools offered, {} hidden, {} without a counterpart", facts.tools.size(),
                               count(Status::skip), count(Status::fail));
  return result;
}

}  // namespace exai::commands::suite_cases
