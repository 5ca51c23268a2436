#include "tests/tools/structured.hpp"
#include "tests/tools/workflow_fixture.hpp"

using namespace exai;
using test::Flow;
using test::step_of;

namespace {

struct Names {
  const char *tool, *paused, *required, *flag, *block, *complete_block, *skipped, *skipped_expert;
};
// Facts: server 1.10.
constexpr std::array<Names, 8> k_names{
    {{"debug", "pause_for_investigation", "investigation_required", "investigation_complete",
      "investigation_status", "complete_investigation", "certain_confidence_proceed_with_fix",
      "skipped_due_to_certain_confidence"},
     {"analyze", "pause_for_analysis", "analysis_required", "analysis_complete", "analysis_status",
      "complete_analysis", "", ""},
     {"codereview", "pause_for_code_review", "code_review_required", "code_review_complete",
      "code_review_status", "complete_code_review", "code_review_complete_ready_for_implementation",
      "skipped_due_to_certain_review_confidence"},
     {"precommit", "pause_for_validation", "validation_required", "validation_complete", "validation_status",
      "complete_validation", "validation_complete_ready_for_commit",
      "skipped_due_to_certain_validation_confidence"},
     {"refactor", "pause_for_refactoring_analysis", "refactoring_analysis_required", "refactoring_complete",
      "refactoring_status", "complete_refactoring", "refactoring_analysis_complete_ready_for_implementation",
      "skipped_due_to_complete_refactoring_confidence"},
     {"secaudit", "pause_for_security_audit", "security_audit_required", "security_audit_complete",
      "security_audit_status", "complete_security_audit", "security_analysis_complete",
      "skipped_due_to_certain_audit_confidence"},
     {"testgen", "pause_for_test_analysis", "test_analysis_required", "test_generation_complete",
      "test_generation_status", "complete_test_generation",
      "test_generation_complete_ready_for_implementation", "skipped_due_to_certain_test_confidence"},
     {"thinkdeep", "pause_for_thinkdeep", "thinkdeep_required", "thinking_complete", "thinking_status",
      "complete_thinking", "deep_thinking_complete_ready_for_implementation",
      "skipped_due_to_certain_thinking_confidence"}}};

/// What step 1 of some tools must bring.
Json first_needs(const Flow& flow, const std::string& tool) {
  if (tool == "codereview") return {{"relevant_files", {flow.file("a.cpp", "int main() {}")}}};
  if (tool == "precommit") return {{"path", flow.folder.path().string()}};
  return nullptr;
}

void make_repository(const Flow& flow) {
  const std::string at = "git -C " + flow.folder.path().string() + " ";
  REQUIRE(std::system((at + "init -q").c_str()) == 0);
}

}  // namespace

TEST_CASE("a step before the last one pauses with what to do and how to continue", "[workflows]") {
  for (const Names& names : k_names) {
    INFO(names.tool);
    Flow flow;
    make_repository(flow);
    const Json answer = flow.ask(names.tool, step_of(names.tool, 1, 3, true, first_needs(flow, names.tool)));
    CHECK(answer["status"] == names.paused);
    CHECK(answer[names.required] == true);
    CHECK(answer["required_actions"].size() >= 3);
    CHECK(answer["next_steps"].get<std::string>().find("step_number 2") != std::string::npos);
    CHECK(answer["continuation_required"] == true);
    CHECK(answer["next_step_number"] == 2);
    CHECK(answer[names.block].is_object());
    CHECK(answer["file_context"]["type"] == "reference_only");
    CHECK(answer["metadata"]["tool_name"] == names.tool);
    CHECK(answer["metadata"]["model_used"].is_null());
    CHECK(flow.server->seen().empty());
    // The skeleton is accepted as it stands.
    CHECK(answer["next_call"]["tool"] == names.tool);
    const Json second = flow.ask(names.tool, answer["next_call"]["arguments"]);
    CHECK(second["step_number"] == 2);
    CHECK(second["continuation_id"] == answer["continuation_id"]);
    CHECK(second["required_actions"] != answer["required_actions"]);
  }
}

TEST_CASE("the last step ends in one of four ways", "[workflows]") {
  for (const Names& names : k_names) {
    INFO(names.tool);
    Flow flow;
    make_repository(flow);
    Json needs = first_needs(flow, names.tool);
    if (needs.is_null()) needs = Json::object();
    needs["relevant_files"] = Json::array({flow.file("a.cpp", "int main() {}")});
    const Json asked = flow.ask(names.tool, step_of(names.tool, 1, 1, false, needs));
    CHECK(asked["status"] == "calling_expert_analysis");
    CHECK(asked["expert_analysis"]["analysis"] == "it is the cache");
    CHECK(asked[names.flag] == true);
    CHECK(asked[names.complete_block]["steps_taken"] == 1);
    CHECK(asked[names.complete_block]["final_analysis"] == "found in step 1");
    CHECK(asked["metadata"]["model_used"].is_string());
    CHECK(asked["metadata"]["usage"]["completion_tokens"] > 0);
    CHECK(asked.contains("important_considerations"));
    CHECK(flow.server->seen().size() == 1);

    needs["use_assistant_model"] = false;
    const Json local = flow.ask(names.tool, step_of(names.tool, 1, 1, false, needs));
    CHECK(local["status"] == "local_work_complete");
    CHECK(local[names.flag] == true);
    CHECK(flow.server->seen().size() == 1);

    needs["confidence"] = "certain";
    needs["use_assistant_model"] = true;
    const Json sure = flow.ask(names.tool, step_of(names.tool, 1, 1, false, needs));
    if (*names.skipped == '\0') {
      CHECK(sure["status"] == "calling_expert_analysis");
      continue;
    }
    CHECK(sure["status"] == names.skipped);
    CHECK(sure["skip_expert_analysis"] == true);
    CHECK(sure["expert_analysis"]["status"] == names.skipped_expert);
    CHECK(sure[names.complete_block]["confidence_level"] == "certain");
    CHECK(flow.server->seen().size() == 1);
  }
}

TEST_CASE("findings of all steps are merged, and backtracking removes some", "[workflows]") {
  Flow flow;
  const Json first =
      flow.ask("debug", step_of("debug", 1, 3, true,
                                {{"files_checked", {"/a", "/b"}},
                                 {"relevant_context", {"f"}},
                                 {"hypothesis", "the cache"},
                                 {"issues_found", {{{"severity", "high"}, {"description", "x"}}}}}));
  const Json id = first["continuation_id"];
  CHECK(first["investigation_status"] == Json{{"files_checked", 2},
                                              {"relevant_files", 0},
                                              {"relevant_context", 1},
                                              {"issues_found", 1},
                                              {"images_collected", 0},
                                              {"current_confidence", "low"},
                                              {"hypotheses_formed", 1}});
  const auto next = [&](long long number, Json extra) {
    extra["continuation_id"] = id;
    return flow.ask("debug", step_of("debug", number, 5, true, extra))["investigation_status"];
  };
  CHECK(next(2, {{"files_checked", {"/b", "/c"}}})["files_checked"] == 3);
  CHECK(next(3, {{"files_checked", {"/d"}}, {"confidence", "medium"}})["files_checked"] == 4);
  CHECK(next(4, {{"backtrack_from_step", 2}, {"files_checked", {"/e"}}})["files_checked"] == 3);
  // The same step again replaces itself.
  CHECK(next(4, {{"files_checked", {"/f"}}})["files_checked"] == 3);
  const Json last = flow.ask(
      "debug", step_of("debug", 5, 5, false, {{"continuation_id", id}, {"use_assistant_model", false}}));
  CHECK(last["complete_investigation"]["steps_taken"] == 3);
  CHECK(last["complete_investigation"]["files_examined"] == Json({"/a", "/b", "/f"}));
  CHECK(last["complete_investigation"]["initial_request"] == "step 1 of debug");
}

TEST_CASE("a step that is too long is requested as a file, and nothing of it is saved", "[workflows]") {
  Flow flow(Flow::k_expert, {{"MCP_PROMPT_SIZE_LIMIT", "1000"}});
  for (const std::string& tool : test::workflows().names()) {
    INFO(tool);
    Json step = step_of(tool, 1, 2, true, first_needs(flow, tool));
    step["step"] = std::string(1001, 'x');
    const Json back = flow.ask(tool, step);
    CHECK(back["status"] == "resend_prompt");
    CHECK(back["metadata"]["prompt_size"] == 1001);
    CHECK(back["continuation_id"] == "");
    const bool files = back["next_steps"].get<std::string>().find("'relevant_files'") != std::string::npos;
    const std::string_view schema = test::workflows().find(tool)->tool->input_schema;
    CHECK(files == (schema.find("\"relevant_files\"") != std::string_view::npos));
  }
  CHECK(flow.server->seen().empty());
  const Json first = flow.ask("debug", step_of("debug", 1, 3, true));
  Json second = step_of("debug", 2, 3, true, {{"continuation_id", first["continuation_id"]}});
  second["step"] = std::string(1001, 'x');
  CHECK(flow.ask("debug", second)["continuation_id"] == first["continuation_id"]);
  const Json third = step_of("debug", 3, 3, false,
                             {{"continuation_id", first["continuation_id"]}, {"use_assistant_model", false}});
  CHECK(flow.ask("debug", third)["complete_investigation"]["steps_taken"] == 2);
}

TEST_CASE("total_steps follows the steps", "[workflows]") {
  Flow flow;
  const Json first = flow.ask("debug", step_of("debug", 1, 2, true));
  const Json answer =
      flow.ask("debug", step_of("debug", 4, 2, true, {{"continuation_id", first["continuation_id"]}}));
  CHECK(answer["total_steps"] == 4);
}

TEST_CASE("certainty with evidence ends the work early", "[workflows]") {
  Flow flow;
  const std::string file = flow.file("a.cpp", "int main() {}");
  const auto second = [&](const std::string& confidence, long long total, bool evidence) {
    const Json first = flow.ask("debug", step_of("debug", 1, total, true));
    Json extra{{"continuation_id", first["continuation_id"]},
               {"confidence", confidence},
               {"use_assistant_model", false}};
    if (evidence) extra["relevant_files"] = Json::array({file});
    if (evidence) extra["findings"] = std::string(120, 'x');
    return flow.ask("debug", step_of("debug", 2, total, true, extra));
  };
  const Json certain = second("certain", 6, true);
  CHECK(certain["early_termination"] == true);
  CHECK(certain["next_step_required"] == false);
  CHECK(certain["status"] == "certain_confidence_proceed_with_fix");
  CHECK(second("very_high", 3, true)["status"] == "local_work_complete");
  CHECK(second("very_high", 6, true)["status"] == "pause_for_investigation");
  CHECK(second("almost_certain", 3, true)["status"] == "pause_for_investigation");
  CHECK(second("certain", 6, false)["status"] == "pause_for_investigation");
}

TEST_CASE("steps out of order are refused with what to send", "[workflows]") {
  Flow flow;
  const auto refused = [&](long long number, const Json& extra) {
    const Error error = flow.refused("debug", step_of("debug", number, 5, true, extra));
    CHECK_FALSE(error.hint.empty());
    return error.kind;
  };
  CHECK(refused(2, nullptr) == ErrorKind::invalid);
  CHECK(refused(1, {{"backtrack_from_step", 1}}) == ErrorKind::invalid);
  CHECK(refused(1, {{"step", "  "}}) == ErrorKind::invalid);
  CHECK(refused(1, {{"relevant_files", {"src/a.cpp"}}}) == ErrorKind::invalid);
  CHECK(refused(1, {{"continuation_id", "nonsense"}}) == ErrorKind::invalid);
  CHECK(refused(1, {{"continuation_id", "01234567-89ab-4def-8123-456789abcdef"}}) == ErrorKind::not_found);
  const Json first = flow.ask("debug", step_of("debug", 1, 5, true));
  const Json id{{"continuation_id", first["continuation_id"]}};
  CHECK(refused(2, {{"continuation_id", first["continuation_id"]}, {"backtrack_from_step", 2}}) ==
        ErrorKind::invalid);
  CHECK(flow.refused("analyze", step_of("analyze", 2, 5, true, id)).kind == ErrorKind::invalid);
  flow.call.become("somebody else");
  CHECK(refused(2, id) == ErrorKind::not_found);
}

TEST_CASE("step 1 says what it needs, with an example that would be accepted", "[workflows]") {
  Flow flow;
  for (const char* tool : {"codereview", "precommit", "consensus"}) {
    Json arguments = step_of(tool, 1, 2, true);
    if (std::string_view(tool) == "consensus") arguments.erase("findings");
    const Error error = flow.refused(tool, arguments);
    INFO(error.hint);
    CHECK(error.kind == ErrorKind::invalid);
    const auto at = error.hint.find('{');
    REQUIRE(at != std::string::npos);
    Json example = Json::parse(error.hint.substr(at));
    CHECK(serve::mcp::check_arguments(*test::workflows().find(tool), example));
  }
  CHECK(flow.server->seen().empty());
}

TEST_CASE("chat, debug and a second chat share one conversation", "[workflows]") {
  Flow flow("echo_history: true");
  const Json chat = flow.call.ask("chat", {{"prompt", "the shop is slow"}});
  const Json id = chat["continuation_offer"]["continuation_id"];
  const Json debug = flow.ask("debug", step_of("debug", 1, 2, true, {{"continuation_id", id}}));
  CHECK(debug["continuation_id"] == id);
  const Json last = flow.ask(
      "debug",
      step_of("debug", 2, 2, false, {{"continuation_id", id}, {"findings", "the index is missing"}}));
  CHECK(last["status"] == "calling_expert_analysis");
  // The expert got the earlier messages, and each of its own steps once.
  const std::string sent = flow.asked().dump();
  CHECK(sent.find("the shop is slow") != std::string::npos);
  CHECK(sent.find("found in step 1") == sent.rfind("found in step 1"));
  flow.call.ask("chat", {{"prompt", "so what was it?"}, {"continuation_id", id}});
  CHECK(flow.asked().dump().find("the index is missing") != std::string::npos);
  // Another workflow begins its own work in the same thread.
  const Json other = flow.ask("thinkdeep", step_of("thinkdeep", 1, 2, true, {{"continuation_id", id}}));
  CHECK(other["status"] == "pause_for_thinkdeep");
}

TEST_CASE("a conversation has a message limit, checked before a model is paid", "[workflows]") {
  Flow flow(Flow::k_expert, {{"MAX_CONVERSATION_TURNS", "2"}});
  const Json first = flow.ask("debug", step_of("debug", 1, 3, true));
  const Json id{{"continuation_id", first["continuation_id"]}};
  flow.ask("debug", step_of("debug", 2, 3, true, id));
  const Error error = flow.refused("debug", step_of("debug", 3, 3, false, id));
  CHECK(error.kind == ErrorKind::budget);
  CHECK(error.hint.find("MAX_CONVERSATION_TURNS") != std::string::npos);
  CHECK(flow.server->seen().empty());
}

TEST_CASE("two hundred interleaved conversations keep their findings apart", "[workflows]") {
  Flow flow(Flow::k_expert, {{"EXPERT_ANALYSIS_ENABLED", "false"}});
  constexpr int k_threads = 4, k_each = 50;
  std::atomic<int> wrong{0}, right{0};
  const auto* entry = test::workflows().find("debug");
  const auto call = [&](const Json& arguments) -> Json {
    auto answer = entry->tool->run(arguments, flow.call);
    if (!answer) return {{"status", answer.error().message}};
    return test::structured(std::get<engine::ToolOutput>(*answer));
  };
  const auto work = [&](int worker) {
    std::vector<std::string> ids(k_each);
    for (long long step = 1; step <= 3; ++step)
      for (int i = 0; i < k_each; ++i) {
        const std::string mark = "mark-" + std::to_string(worker * k_each + i) + ";";
        Json extra{{"findings", mark}, {"use_assistant_model", false}};
        if (step > 1) extra["continuation_id"] = ids[static_cast<std::size_t>(i)];
        const Json answer = call(step_of("debug", step, 3, step < 3, extra));
        if (step == 1) ids[static_cast<std::size_t>(i)] = answer.value("continuation_id", "");
        if (step < 3) continue;
        const std::string text = answer.value("complete_investigation", Json::object()).dump();
        std::size_t own = 0, all = 0;
        for (auto at = text.find("mark-"); at != std::string::npos; at = text.find("mark-", at + 1)) {
          ++all;
          if (text.compare(at, mark.size(), mark) == 0) ++own;
        }
        ++(own == all && own >= 3 ? right : wrong);
      }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < k_threads; ++i) workers.emplace_back(work, i);
  for (std::thread& worker : workers) worker.join();
  CHECK(wrong == 0);
  CHECK(right == k_threads * k_each);
}

TEST_CASE("a workflow continues after a restart", "[workflows]") {
  const tests::Scratch folder;
  auto opened = store::open_sqlite(folder / "exai.db");
  REQUIRE(opened);
  Flow flow;
  flow.call.remember_in(**opened);
  const Json first = flow.ask("debug", step_of("debug", 1, 2, true));
  flow.call.remember_in(**opened);  // what was in memory is gone
  const Json last = flow.ask(
      "debug", step_of("debug", 2, 2, false,
                       {{"continuation_id", first["continuation_id"]}, {"use_assistant_model", false}}));
  CHECK(last["complete_investigation"]["steps_taken"] == 2);
  CHECK(last["complete_investigation"]["work_summary"].get<std::string>().find("found in step 1") !=
        std::string::npos);
}
