#include "suite/report/recorded_suite.hpp"

#include "core/json.hpp"
#include "core/text.hpp"

namespace exai::suite {
namespace {

constexpr std::size_t k_kept_input = std::size_t{16} << 10U;

std::string input_of(const TestCase& test) {
  Json calls = Json::array();
  for (const CaseCall& call : test.calls)
    calls.push_back(Json{{"tool", call.tool}, {"arguments", call.arguments}});
  return printable(beginning_of(dump_json(calls), k_kept_input));
}

}  // namespace

store::RecordedTests recorded_suite(const std::vector<TestCase>& cases, const SuiteRun& run, std::string key,
                                    Wall began) {
  store::RecordedTests recorded;
  recorded.run.key = std::move(key);
  recorded.run.at = began;
  recorded.run.name = "suite run";
  recorded.run.format = "suite";
  recorded.run.cost_usd = run.cost_usd;
  for (std::size_t at = 0; at < cases.size() && at < run.results.size(); ++at) {
    const TestCase& test = cases[at];
    const CaseResult& result = run.results[at];
    store::ResultRecord record;
    record.tool = test.tool;
    record.variation = test.name.empty() ? test.variation : test.variation + ": " + test.name;
    record.provider = result.provider;
    record.model = result.model;
    record.status = result.outcome;
    record.execution = result.flaky ? "flaky" : "";
    if (result.ran) record.duration = std::chrono::duration<double>(result.duration).count();
    record.cost_usd = result.cost_usd;
    record.tokens = result.tokens;
    record.input = input_of(test);
    record.error = printable(result.reason);
    recorded.results.push_back(std::move(record));
  }
  return recorded;
}

}  // namespace exai::suite
