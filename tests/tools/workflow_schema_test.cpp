#include "io/yaml.hpp"
#include "tests/tools/workflow_fixture.hpp"

using namespace exai;

namespace {

const std::vector<std::string> k_tools{"analyze",  "codereview", "consensus", "debug",
                                       "docgen",   "planner",    "precommit", "refactor",
                                       "secaudit", "testgen",    "thinkdeep", "tracer"};

Json schema_of(const std::string& tool) {
  return Json::parse(test::workflows().find(tool)->tool->input_schema);
}

std::set<std::string> names(const Json& list) {
  return list.get<std::set<std::string>>();
}

std::set<std::string> offered(const std::string& tool) {
  const Json schema = schema_of(tool);
  std::set<std::string> all;
  for (const auto& [name, property] : schema["properties"].items()) all.insert(name);
  return all;
}

}  // namespace

TEST_CASE("there are twelve workflow tools and each has a schema of its own", "[workflows]") {
  CHECK(test::workflows().names() == k_tools);
  for (const std::string& tool : k_tools) {
    INFO(tool);
    const Json schema = schema_of(tool);
    CHECK(schema["type"] == "object");
    CHECK(schema["additionalProperties"] == false);
    std::set<std::string> required{"step", "step_number", "total_steps", "next_step_required"};
    if (tool != "planner" && tool != "consensus") required.insert("findings");
    if (tool == "tracer") required.insert({"trace_mode", "target_description"});
    if (tool == "docgen")
      required.insert({"document_complexity", "document_flow", "update_existing", "comments_on_complex_logic",
                       "num_files_documented", "total_files_to_document"});
    CHECK(names(schema["required"]) == required);
    CHECK(test::workflows().find(tool)->tool->budget == timeouts::Layer::workflow);
  }
}

TEST_CASE("each tool offers the fields of the table and no others", "[workflows]") {
  const std::set<std::string> steps{
      "step", "step_number", "total_steps", "next_step_required", "use_assistant_model", "continuation_id"};
  const std::set<std::string> work{"findings",
                                   "files_checked",
                                   "relevant_files",
                                   "relevant_context",
                                   "issues_found",
                                   "confidence",
                                   "backtrack_from_step",
                                   "temperature",
                                   "thinking_mode",
                                   "use_websearch",
                                   "images",
                                   "model"};
  const std::map<std::string, std::set<std::string>> own{
      {"analyze", {"analysis_type", "output_format"}},
      {"codereview", {"hypothesis", "review_type", "focus_on", "standards", "severity_filter"}},
      {"debug", {"hypothesis"}},
      {"precommit",
       {"hypothesis", "path", "compare_to", "include_staged", "include_unstaged", "focus_on",
        "severity_filter"}},
      {"refactor", {"hypothesis", "refactor_type", "focus_areas", "style_guide_examples"}},
      {"secaudit",
       {"hypothesis", "security_scope", "threat_level", "compliance_requirements", "audit_focus",
        "severity_filter"}},
      {"testgen", {"hypothesis"}},
      {"thinkdeep", {"hypothesis", "problem_context", "focus_areas"}}};
  for (const auto& [tool, extra] : own) {
    INFO(tool);
    std::set<std::string> expected = steps;
    expected.insert(work.begin(), work.end());
    expected.insert(extra.begin(), extra.end());
    CHECK(offered(tool) == expected);
  }
  std::set<std::string> planner = steps;
  planner.insert({"model", "is_step_revision", "revises_step_number", "is_branch_point", "branch_from_step",
                  "branch_id", "more_steps_needed"});
  CHECK(offered("planner") == planner);
  std::set<std::string> consensus = steps;
  consensus.insert({"findings", "relevant_files", "relevant_context", "images", "models",
                    "current_model_index", "model_responses"});
  CHECK(offered("consensus") == consensus);
  CHECK(offered("docgen").count("images") == 0);
  CHECK(offered("tracer").count("hypothesis") == 0);
}

TEST_CASE("limits, enumerations and unknown members are validated", "[workflows]") {
  test::Flow flow;
  const auto refused = [&](const std::string& tool, const Json& extra) {
    return flow.refused(tool, test::step_of(tool, 1, 2, true, extra)).message;
  };
  CHECK(refused("debug", {{"no_such", 1}}).find("/no_such") != std::string::npos);
  CHECK(refused("debug", {{"step_number", 0}}).find("/step_number") != std::string::npos);
  CHECK(refused("debug", {{"step", std::string(100'001, 'x')}}).find("/step") != std::string::npos);
  CHECK(refused("debug", {{"findings", std::string(50'001, 'x')}}).find("/findings") != std::string::npos);
  CHECK(refused("debug", {{"hypothesis", std::string(10'001, 'x')}}).find("/hypothesis") !=
        std::string::npos);
  CHECK(refused("debug", {{"confidence", "sure"}}).find("/confidence") != std::string::npos);
  CHECK(refused("debug", {{"temperature", 1.5}}).find("/temperature") != std::string::npos);
  CHECK(refused("debug", {{"files_checked", "a.cpp"}}).find("array") != std::string::npos);
  CHECK(refused("debug", {{"images", Json(std::vector<std::string>(11, "/a.png"))}}).find("at most 10") !=
        std::string::npos);
  CHECK(refused("analyze", {{"analysis_type", "everything"}}).find("/analysis_type") != std::string::npos);
  CHECK(refused("tracer", {{"trace_mode", "deep"}}).find("/trace_mode") != std::string::npos);
  CHECK(refused("consensus", {{"models", {{{"stance", "for"}}}}}).find("/models/0/model") !=
        std::string::npos);
  CHECK(schema_of("codereview")["properties"]["severity_filter"]["default"] == "all");
  CHECK(schema_of("secaudit")["properties"]["threat_level"]["enum"] ==
        Json({"low", "medium", "high", "critical"}));
}

TEST_CASE("a broken document is reported with file, line and the way out", "[workflows]") {
  const std::string debug = tests::source_text("tools/workflows/debug.yaml");
  struct Case {
    const char *from, *to, *says;
  };
  const auto c = GENERATE(values<Case>({
      {"title: Debug", "titel: Debug", "unknown key 'titel'"},
      {"title: Debug", "tier: core", "stands twice"},
      {"name: debug", "name: De bug", "'name' must match"},
      {"name: debug", "name: other", "holds the workflow 'other'"},
      {"required: [findings]", "required: [findigs]", "there is no common field 'findigs'"},
      {"paused: pause_for_investigation", "other: x", "unknown key 'other'"},
      {"hypotheses_formed: hypotheses", "hypotheses_formed: moods", "nothing is counted as 'moods'"},
      {"confidence: [exploring, low]", "confidence: [sure]", "'sure' is not a confidence"},
      {"temperature: 0.2", "temperature: 2", "'temperature' must be a number from 0 to 1"},
      {"skip_at: [certain]", "skip_at: [very]", "'very' is not a confidence"},
      {"files: always", "files: sometimes", "'files' must be one of"},
      {"ask_from: {relevant_files: 1, findings: 2, issues: 1}", "thinking: low", "nobody would ever ask"},
      {"step: 1", "step: one", "'step' must be a whole number"},
      {"tier: core", "tier: core\nhook: nothing", "there is no hook 'nothing'"},
      {"tier: core", "tier: core\nextra: {x: {type: integer, description: d, minimum: 5, maximum: 1}}",
       "minimum is greater than maximum"},
      {"tier: core", "tier: core\nextra: {x: {type: string, description: d, enum: [a], default: b}}",
       "the default is not in enum"},
      {"tier: core", "tier: core\nextra: {step: {type: string, description: d}}", "'step' is a common field"},
      {"tier: core", "tier: core\nfirst_step: [{field: files, message: m, example: '{}'}]",
       "the workflow has no field 'files'"},
  }));
  INFO(c.to);
  std::string text = debug;
  const auto at = text.find(c.from);
  REQUIRE(at != std::string::npos);
  text.replace(at, std::string_view(c.from).size(), c.to);
  const tests::Scratch folder;
  folder.write("debug.yaml", text);
  folder.write("debug.md", "You look for causes.");
  const auto loaded = tools::workflow_file(folder / "debug.yaml").and_then(tools::load_workflow);
  REQUIRE_FALSE(loaded);
  INFO(loaded.error().message);
  CHECK(loaded.error().kind == ErrorKind::config);
  CHECK(loaded.error().message.find(c.says) != std::string::npos);
  REQUIRE(loaded.error().where);
  CHECK(loaded.error().where->file == (folder / "debug.yaml").string());
  CHECK(loaded.error().where->line > 0);
}

TEST_CASE("a folder adds workflows and replaces built-in ones", "[workflows]") {
  const tests::Scratch folder;
  const std::string debug = tests::source_text("tools/workflows/debug.yaml");
  const auto with = [&](std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  folder.write("debug.yaml", with(debug, "title: Debug", "title: Our debug"));
  folder.write("debug.md", "You are ours.");
  folder.write("hunt.yaml", with(debug, "name: debug", "name: hunt"));
  const auto lacking = tools::load_workflow_tools(folder.path());
  REQUIRE_FALSE(lacking);
  CHECK(lacking.error().kind == ErrorKind::config);
  CHECK(lacking.error().message.find("hunt.yaml") != std::string::npos);
  CHECK(lacking.error().hint.find("hunt.md") != std::string::npos);
  folder.write("hunt.md", "You hunt.");
  const auto tools = tools::load_workflow_tools(folder.path());
  REQUIRE(tools);
  CHECK(tools->size() == 13);
  std::map<std::string, std::string> titles;
  for (const auto& tool : *tools) titles.emplace(tool->id, tool->title);
  CHECK(titles["debug"] == "Our debug");
  CHECK(titles["hunt"] == "Debug");
  CHECK(tools::load_workflow_tools(folder / "none").error().kind == ErrorKind::missing_input);
  // A tool outlives the list it came in.
  const std::shared_ptr<const tools::Tool> kept = tools->front();
  CHECK_FALSE(kept->input_schema.empty());
}
