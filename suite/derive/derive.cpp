#include "suite/derive/derive.hpp"

#include "core/json_access.hpp"
#include "suite/derive/tool_cases.hpp"

#include <algorithm>

namespace exai::suite {
namespace {

constexpr std::size_t k_entry_bytes = std::size_t{4} << 20U;

constexpr std::string_view k_may_write =
    "the tool is not marked as reading only (annotations.readOnlyHint), so a call that is right may change "
    "something: allow writes to make it";

std::vector<TestCase> nothing_derived(const std::string& tool, const std::string& why) {
  std::vector<TestCase> cases;
  for (const std::string_view variation : k_derived_variations) {
    TestCase skipped;
    skipped.tool = tool.empty() ? "(without a name)" : tool;
    skipped.variation = variation;
    skipped.skip = why;
    cases.push_back(std::move(skipped));
  }
  return cases;
}

void derive_valid(ToolCases& cases) {
  cases.answered("valid", "required members", cases.fewest.value);
  if (cases.all.value != cases.fewest.value) cases.answered("valid", "all members", cases.all.value);
  if (cases.answered("concurrent", "", cases.fewest.value)) cases.last_call().copies = cases.options.copies;
  if (cases.answered("cancelled", "", cases.fewest.value)) {
    cases.last_call().ending = Ending::cancelled;
    cases.last_call().cancel_after = cases.options.cancel_after;
  }
}

std::string why_none(std::string_view variation, bool safe) {
  if (!safe && variation != "missing" && variation != "wrong_type" && variation != "boundary")
    return std::string(k_may_write);
  const std::string members = safe ? "member" : "required member";
  if (variation == "missing") return "no " + members + " is required of which the schema refuses the absence";
  if (variation == "wrong_type") return "no " + members + " has a type that a call could miss";
  if (variation == "boundary") return "no " + members + " has a bound or a list of values";
  if (variation == "unicode" || variation == "huge") return "no member takes any text";
  return "there are no arguments that the schema surely allows or refuses";
}

}  // namespace

bool reads_only(const Json& tool_entry) {
  const Json& annotations = member_of(tool_entry, "annotations");
  return member_of(annotations, "readOnlyHint") == true && member_of(annotations, "destructiveHint") != true;
}

std::vector<TestCase> derive_cases(const Json& tool_entry, const DeriveOptions& options) {
  const std::string tool = text_of(tool_entry, "name");
  if (tool.empty()) return nothing_derived("", "the entry has no name by which the tool could be called");
  const Json& input = member_of(tool_entry, "inputSchema");
  if (!input.is_object()) return nothing_derived(tool, "the tool has no inputSchema to derive anything from");
  if (member_of(member_of(tool_entry, "execution"), "taskSupport") == "required")
    return nothing_derived(
        tool, "the tool is called as a task only (execution.taskSupport), and a case is a plain call");
  if (dump_json(input).size() > k_entry_bytes)
    return nothing_derived(tool, "its inputSchema is larger than 4 MiB: nobody could read it");
  const ForeignSchema schema = ForeignSchema::read(input);
  ToolCases cases(tool, schema, options.allow_writes || reads_only(tool_entry), options);
  Result<Sample> fewest = make_sample(schema, SampleExtent::required, cases.safe);
  if (!fewest)
    return nothing_derived(tool,
                           "no arguments are found that satisfy its inputSchema: " + fewest.error().message);
  // A tool that may write gets nothing that it does not need, no member that could switch something on.
  Result<Sample> all = cases.safe ? make_sample(schema, SampleExtent::all) : fewest;
  cases.all = all ? std::move(*all) : *fewest;
  cases.fewest = std::move(*fewest);
  if (cases.safe) {
    derive_valid(cases);
    derive_texts(cases);
    derive_unknown_fields(cases);
  }
  derive_missing(cases);
  derive_wrong_types(cases);
  derive_boundaries(cases);
  for (const std::string_view variation : k_derived_variations)
    if (!cases.has(variation)) cases.skip(variation, why_none(variation, cases.safe));
  return cases.take();
}

}  // namespace exai::suite
