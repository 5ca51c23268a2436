#include "tests/tools/workflow_fixture.hpp"

using namespace exai;
using test::Flow;
using test::step_of;

namespace {

Json with_id(const Json& answer, Json extra = Json::object()) {
  extra["continuation_id"] = answer["continuation_id"];
  return extra;
}

void git(const Flow& flow, const std::string& arguments) {
  const std::string line = "git -C " + flow.folder.path().string() +
                           " -c user.name=t -c user.email=t@example.org " + arguments + " >/dev/null 2>&1";
  REQUIRE(std::system(line.c_str()) == 0);
}

}  // namespace

TEST_CASE("planner pauses to think in larger plans and keeps revisions and branches", "[workflows]") {
  Flow flow;
  const Json small = flow.ask("planner", step_of("planner", 1, 3, true));
  CHECK(small["status"] == "pause_for_planning");
  CHECK(small["required_actions"].size() == 4);
  CHECK_FALSE(small.contains("thinking_required"));
  const Json first = flow.ask("planner", step_of("planner", 1, 6, true));
  CHECK(first["status"] == "pause_for_deep_thinking");
  CHECK(first["thinking_required"] == true);
  CHECK(first["required_thinking"].size() == 4);
  CHECK(first["step_content"] == "step 1 of planner");
  CHECK(first["metadata"]["branches"] == Json::array());
  flow.ask("planner", step_of("planner", 2, 6, true, with_id(first)));
  const Json revised =
      flow.ask("planner", step_of("planner", 3, 6, true,
                                  with_id(first, {{"is_step_revision", true}, {"revises_step_number", 2}})));
  CHECK(revised["metadata"]["revises_step_number"] == 2);
  const Json branch = flow.ask("planner", step_of("planner", 4, 4, true,
                                                  with_id(first, {{"is_branch_point", true},
                                                                  {"branch_from_step", 3},
                                                                  {"branch_id", "queue"},
                                                                  {"more_steps_needed", true}})));
  CHECK(branch["status"] == "pause_for_planning");
  CHECK(branch["total_steps"] == 5);
  CHECK(branch["metadata"]["branches"] == Json({"queue"}));
  CHECK(branch["planner_status"]["step_history_length"] == 4);
  // The same number on another branch is another step.
  flow.ask("planner", step_of("planner", 4, 5, true,
                              with_id(first, {{"branch_from_step", 3}, {"branch_id", "polling"}})));
  const Json last = flow.ask("planner", step_of("planner", 5, 5, false, with_id(first)));
  CHECK(last["status"] == "planning_complete");
  CHECK(last["planning_complete"] == true);
  CHECK(last["plan_summary"].get<std::string>().find("step 5 of planner") != std::string::npos);
  CHECK(last["output"]["format"] == "step_by_step_planning");
  CHECK(last["output"]["presentation_guidelines"].size() == 3);
  CHECK(last["expert_analysis"]["status"] == "skipped_by_tool_design");
  CHECK(last["metadata"]["branches"] == Json({"queue", "polling"}));
  CHECK(last["plan_steps"].size() == 5);  // step 2 was revised
  CHECK(flow.server->seen().empty());
}

TEST_CASE("planner refuses revisions and branches of unknown steps", "[workflows]") {
  Flow flow;
  const auto refused = [&](const Json& extra) {
    const Error error = flow.refused("planner", step_of("planner", 1, 3, true, extra));
    CHECK_FALSE(error.hint.empty());
    return error.kind;
  };
  CHECK(refused({{"is_step_revision", true}}) == ErrorKind::invalid);
  CHECK(refused({{"revises_step_number", 1}}) == ErrorKind::invalid);
  CHECK(refused({{"branch_from_step", 2}, {"branch_id", "x"}}) == ErrorKind::invalid);
  CHECK(refused({{"is_branch_point", true}}) == ErrorKind::invalid);
}

TEST_CASE("tracer has the user choose and then says how to draw", "[workflows]") {
  Flow flow;
  const Json ask = flow.ask("tracer", step_of("tracer", 1, 2, true, {{"trace_mode", "ask"}}));
  CHECK(ask["status"] == "mode_selection_required");
  CHECK(ask["mode_selection_required"] == true);
  CHECK(ask["required_actions"].size() == 4);
  CHECK(ask["metadata"]["trace_mode"] == "ask");
  const Json open = flow.ask("tracer", step_of("tracer", 2, 2, false, with_id(ask, {{"trace_mode", "ask"}})));
  CHECK(open["status"] == "mode_selection_required");
  CHECK_FALSE(open.contains("tracing_complete"));
  for (const char* mode : {"precision", "dependencies"}) {
    const Json first = flow.ask("tracer", step_of("tracer", 1, 2, true, {{"trace_mode", mode}}));
    CHECK(first["status"] == "pause_for_tracing");
    CHECK(first["required_actions"].size() == 5);
    // Step 1's choice stays.
    const Json last =
        flow.ask("tracer", step_of("tracer", 2, 2, false, with_id(first, {{"trace_mode", "ask"}})));
    CHECK(last["status"] == "tracing_complete");
    CHECK(last["tracing_complete"] == true);
    CHECK(last["output"]["format"] == std::string(mode) + "_trace_analysis");
    CHECK(last["trace_summary"].get<std::string>().find("main") != std::string::npos);
    CHECK(last["metadata"]["target_description"] == "main");
  }
  CHECK(flow.server->seen().empty());
}

TEST_CASE("docgen counts files and does not end before all are done", "[workflows]") {
  Flow flow;
  const Json first = flow.ask("docgen", step_of("docgen", 1, 1, true, {{"total_files_to_document", 3}}));
  CHECK(first["status"] == "pause_for_documentation_analysis");
  CHECK(first["total_steps"] == 4);
  CHECK(first["required_actions"].size() == 10);
  CHECK(first["documentation_analysis_status"]["documentation_strategies"].size() == 4);
  CHECK(first["next_call"]["arguments"]["total_files_to_document"] == 3);
  const auto step = [&](long long number, long long done, bool more) {
    return flow.ask("docgen", step_of("docgen", number, 4, more,
                                      with_id(first, {{"total_files_to_document", 3},
                                                      {"num_files_documented", done},
                                                      {"document_flow", false}})));
  };
  CHECK(step(2, 1, true)["documentation_analysis_status"]["documentation_strategies"].size() == 3);
  const Json early = step(3, 2, false);
  CHECK(early["status"] == "pause_for_documentation_analysis");
  CHECK(early["next_step_required"] == true);
  CHECK(early["message"].get<std::string>().find("2 of 3") != std::string::npos);
  const Json last = step(4, 3, false);
  CHECK(last["status"] == "documentation_analysis_complete");
  CHECK(last["documentation_analysis_complete"] == true);
  CHECK(last["complete_documentation_analysis"]["steps_taken"] == 4);
  CHECK(flow.refused("docgen", step_of("docgen", 1, 2, true, {{"num_files_documented", 1}})).kind ==
        ErrorKind::invalid);
}

TEST_CASE("consensus asks one model a step, each with its own stance", "[workflows]") {
  Flow flow(
      R"(rules: [{match: {model: glm-4.6}, reply: {text: do it}}, {match: {model: glm-4.5}, reply: {status: 500}}])");
  const Json models{{{"model", "glm-4.6"}, {"stance", "for"}},
                    {{"model", "glm-4.5"}, {"stance", "against"}},
                    {{"model", "glm-4.6"}, {"stance_prompt", "Think of the children."}}};
  const std::string file = flow.file("a.cpp", "int soup;");
  const Json first = flow.ask(
      "consensus", step_of("consensus", 1, 1, true, {{"models", models}, {"relevant_files", {file}}}));
  CHECK(first["status"] == "analysis_and_first_model_consulted");
  CHECK(first["consensus_workflow_status"] == "initial_analysis_complete");
  CHECK(first["total_steps"] == 3);
  CHECK(first["next_step_required"] == true);
  CHECK(first["model_consulted"] == "glm-4.6");
  CHECK(first["model_stance"] == "for");
  CHECK(first["model_response"]["status"] == "success");
  CHECK(first["model_response"]["verdict"] == "do it");
  CHECK(first["model_response"]["metadata"]["provider"] == "glm");
  CHECK(first["agent_analysis"]["findings"] == "found in step 1");
  CHECK(first["accumulated_responses"].size() == 1);
  CHECK(first["next_call"]["arguments"]["step_number"] == 2);
  Json sent = flow.asked();
  CHECK(sent["temperature"] == 0.2);
  CHECK(sent["messages"][0]["content"].get<std::string>().find("You speak for") == std::string::npos);
  CHECK(sent["messages"][0]["content"].get<std::string>().find("you speak for the proposal") !=
        std::string::npos);
  CHECK(sent["messages"][0]["content"].get<std::string>().find("{stance}") == std::string::npos);
  CHECK(flow.prompt().find("int soup;") != std::string::npos);

  const Json second = flow.ask("consensus", step_of("consensus", 2, 3, true, with_id(first)));
  CHECK(second["status"] == "model_consulted");
  CHECK(second["model_response"]["status"] == "error");
  CHECK_FALSE(second["model_response"]["error"].get<std::string>().empty());
  CHECK(flow.prompt().find("step 1 of consensus") != std::string::npos);
  CHECK(flow.asked().dump().find("do it") == std::string::npos);

  const Json last = flow.ask("consensus", step_of("consensus", 3, 3, false, with_id(first)));
  CHECK(last["status"] == "consensus_workflow_complete");
  CHECK(last["consensus_complete"] == true);
  CHECK(last["complete_consensus"]["models_consulted"] ==
        Json({"glm-4.6:for", "glm-4.5:against", "glm-4.6:neutral"}));
  CHECK(last["complete_consensus"]["total_responses"] == 2);
  CHECK(last["accumulated_responses"].size() == 3);
  CHECK(last["next_steps"].get<std::string>().find("synthesis") != std::string::npos);
  CHECK(flow.asked().dump().find("Think of the children.") != std::string::npos);
  CHECK(flow.refused("consensus", step_of("consensus", 4, 4, false, with_id(first))).kind ==
        ErrorKind::invalid);
}

TEST_CASE("consensus validates its list of models and can make one", "[workflows]") {
  {
    Flow flow("rules: [{reply: {text: yes}}]");
    const Json twice{{{"model", "glm-4.6"}, {"stance", "for"}}, {{"model", "GLM-4.6"}, {"stance", "for"}}};
    CHECK(flow.refused("consensus", step_of("consensus", 1, 2, true, {{"models", twice}})).kind ==
          ErrorKind::invalid);
    const Json unknown{{{"model", "no-such-model"}}};
    CHECK(flow.refused("consensus", step_of("consensus", 1, 2, true, {{"models", unknown}})).kind ==
          ErrorKind::not_found);
    const Json own = flow.ask("consensus", step_of("consensus", 1, 1, true));
    CHECK(own["total_steps"] == 3);
    CHECK(own["model_response"]["status"] == "success");
  }
  {
    Flow flow("rules: [{reply: {text: yes}}]", {{"ENABLE_CONSENSUS_AUTOMODE", "false"}});
    CHECK(flow.refused("consensus", step_of("consensus", 1, 1, true)).kind == ErrorKind::invalid);
  }
  Flow flow("rules: [{reply: {text: yes}}]", {{"MAX_CONSENSUS_MODELS", "2"}});
  CHECK(flow.ask("consensus", step_of("consensus", 1, 1, true))["total_steps"] == 2);
}

TEST_CASE("precommit reads the change from git, without what may hold secrets", "[workflows]") {
  Flow flow;
  git(flow, "init -q -b main");
  flow.file("shop.cpp", "int price = 1;\n");
  flow.file(".env", "TOKEN=old\n");
  git(flow, "add -A -f");
  git(flow, "commit -q -m first");
  flow.file("shop.cpp", "int price = 22222;\n");
  flow.file(".env", "TOKEN=verysecret\n");
  flow.file("staged.cpp", "int staged_thing;\n");
  git(flow, "add staged.cpp");
  const std::string path = flow.folder.path().string();
  const Json first = flow.ask("precommit", step_of("precommit", 1, 2, true, {{"path", path}}));
  const std::string summary = first["git"]["summary"].get<std::string>();
  CHECK(summary.find("shop.cpp") != std::string::npos);
  CHECK(summary.find("staged.cpp") != std::string::npos);
  CHECK(summary.find("may hold secrets") != std::string::npos);
  CHECK(first["git"]["diff_bytes"] > 0);
  CHECK(flow.server->seen().empty());
  const Json issue{{{"severity", "low"}, {"description", "x"}}};
  flow.ask("precommit", step_of("precommit", 2, 2, false, with_id(first, {{"issues_found", issue}})));
  CHECK(flow.prompt().find("+int price = 22222;") != std::string::npos);
  CHECK(flow.prompt().find("+int staged_thing;") != std::string::npos);
  CHECK(flow.asked().dump().find("verysecret") == std::string::npos);

  const Json unstaged =
      flow.ask("precommit", step_of("precommit", 1, 2, true, {{"path", path}, {"include_staged", false}}));
  CHECK(unstaged["git"]["summary"].get<std::string>().find("Changes, staged") == std::string::npos);
  git(flow, "commit -q -m second");
  const Json compared =
      flow.ask("precommit", step_of("precommit", 1, 2, true, {{"path", path}, {"compare_to", "main~1"}}));
  CHECK(compared["git"]["summary"].get<std::string>().find("against main~1") != std::string::npos);
  const auto refused = [&](const Json& extra) {
    return flow.refused("precommit", step_of("precommit", 1, 2, true, extra)).kind;
  };
  CHECK(refused({{"path", path}, {"compare_to", "--output=/tmp/x"}}) == ErrorKind::invalid);
  CHECK(refused({{"path", path}, {"compare_to", "nowhere"}}) == ErrorKind::invalid);
  CHECK(refused({{"path", "/etc"}}) == ErrorKind::refused);
}

TEST_CASE("analyze takes what changed, or the whole workspace, when no file is named", "[workflows]") {
  Flow flow;
  flow.file("main.cpp", "int unchanged;");
  git(flow, "init -q");
  git(flow, "add -A");
  git(flow, "commit -q -m first");
  flow.file("other.cpp", "int changed;");
  const Json answer =
      flow.ask("analyze", step_of("analyze", 1, 1, false, {{"analysis_type", "comprehensive"}}));
  CHECK(answer["metadata"]["default_files"] == Json({(flow.folder / "other.cpp").string()}));
  CHECK(flow.prompt().find("int changed;") != std::string::npos);
  CHECK(flow.prompt().find("analysis_type: general") != std::string::npos);
  Flow strict(Flow::k_expert, {{"ANALYZE_ALLOW_DEFAULT_ROOT", "false"}});
  CHECK(strict.refused("analyze", step_of("analyze", 1, 1, false)).kind == ErrorKind::invalid);
}

TEST_CASE("secaudit warns of missing details instead of refusing", "[workflows]") {
  Flow flow;
  const Json open = flow.ask(
      "secaudit", step_of("secaudit", 1, 2, true, {{"compliance_requirements", {"gdpr", "HAL 9000"}}}));
  REQUIRE(open["metadata"]["warnings"].size() == 2);
  CHECK(open["metadata"]["warnings"].dump().find("general application") != std::string::npos);
  CHECK(open["metadata"]["warnings"].dump().find("HAL 9000") != std::string::npos);
  const Json scoped = flow.ask("secaudit", step_of("secaudit", 1, 2, true, {{"security_scope", "a shop"}}));
  CHECK_FALSE(scoped["metadata"].contains("warnings"));
  // Steps 1 to 7 each have their own list.
  std::set<std::string> lists{scoped["required_actions"].dump()};
  for (long long step = 2; step <= 7; ++step)
    lists.insert(
        flow.ask("secaudit", step_of("secaudit", step, 9, true, with_id(scoped)))["required_actions"].dump());
  CHECK(lists.size() == 7);
}
