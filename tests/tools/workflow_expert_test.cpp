#include "tests/tools/structured.hpp"
#include "tests/tools/workflow_fixture.hpp"

using namespace exai;
using test::Flow;
using test::step_of;

namespace {

/// Debug in one step, with something for the expert to judge.
Json last_step(Json extra = Json::object()) {
  Json arguments = step_of("debug", 1, 1, false, {{"relevant_context", {"Cache::get"}}});
  arguments["issues_found"] = {{{"severity", "high"}, {"description", "no lock"}}};
  arguments.update(extra);
  return arguments;
}

std::string script(const std::string& text) {
  return "rules: [{reply: {text: " + Json(text).dump() + "}}]";
}

}  // namespace

TEST_CASE("the expert gets request, findings, issues, theories and files", "[workflows]") {
  Flow flow;
  const std::string file = flow.file("cache.cpp", "int cache_of_soup;");
  const Json answer = flow.ask("debug", last_step({{"relevant_files", {file, "/nowhere/x.cpp"}},
                                                   {"hypothesis", "the lock is missing"},
                                                   {"confidence", "almost_certain"},
                                                   {"thinking_mode", "low"}}));
  const std::string prompt = flow.prompt();
  for (const char* part :
       {"step 1 of debug", "Step 1: found in step 1", "[high] no lock", "the lock is missing", "Cache::get",
        "int cache_of_soup;", "Try to refute it first"})
    CHECK(prompt.find(part) != std::string::npos);
  const std::string system = flow.asked()["messages"][0]["content"].get<std::string>();
  CHECK(system.find("investigator of root causes") != std::string::npos);
  CHECK(system.find("Never invent a file") != std::string::npos);
  CHECK(flow.asked()["temperature"] == 0.2);
  CHECK(answer["file_context"]["type"] == "fully_embedded");
  CHECK(answer["file_context"]["files_embedded"] == Json({file}));
  CHECK(answer["file_context"]["not_embedded"].size() == 1);
  CHECK(answer["metadata"]["thinking_mode"] == "low");
  CHECK(flow.call.streamed.find("it is the cache") != std::string::npos);
  REQUIRE_FALSE(flow.call.messages.empty());
  CHECK(flow.call.messages[0].find("investigation_in_progress") != std::string::npos);
}

TEST_CASE("files that may hold secrets never reach the expert", "[workflows]") {
  Flow flow;
  const std::string secret = flow.file(".env", "TOKEN=verysecret");
  for (const std::string& path : {secret, std::string("/etc/passwd")}) {
    const Error error = flow.refused("debug", last_step({{"relevant_files", Json::array({path})}}));
    CHECK(error.kind == ErrorKind::refused);
    CHECK(error.message.find(path) != std::string::npos);
  }
  CHECK(flow.server->seen().empty());
}

TEST_CASE("the same question is asked once, a new one again, and errors are not cached", "[workflows]") {
  Flow flow(R"(rules: [{match: {nth: 1}, reply: {status: 400}}, {reply: {text: '{"analysis":"fine"}'}}])");
  const Json failed = flow.ask("debug", last_step());
  CHECK(failed["status"] == "error");
  CHECK(failed["expert_analysis"]["status"] == "analysis_error");
  CHECK_FALSE(failed["expert_analysis"]["error"].get<std::string>().empty());
  CHECK_FALSE(failed.contains("investigation_complete"));
  CHECK(failed["complete_investigation"]["steps_taken"] == 1);
  const std::size_t before = flow.server->seen().size();
  CHECK(flow.ask("debug", last_step())["metadata"]["cached"] == false);
  const Json again = flow.ask("debug", last_step());
  CHECK(again["metadata"]["cached"] == true);
  CHECK(again["expert_analysis"]["analysis"] == "fine");
  CHECK(flow.server->seen().size() == before + 1);
  CHECK(flow.ask("debug", last_step({{"findings", "other"}}))["metadata"]["cached"] == false);
  CHECK(flow.ask("debug", last_step({{"temperature", 0.3}}))["metadata"]["cached"] == false);
  CHECK(flow.ask("debug", last_step({{"thinking_mode", "high"}}))["metadata"]["cached"] == false);
  const std::string file = flow.file("a.cpp", "one");
  CHECK(flow.ask("debug", last_step({{"relevant_files", {file}}}))["metadata"]["cached"] == false);
  flow.file("a.cpp", "two");
  CHECK(flow.ask("debug", last_step({{"relevant_files", {file}}}))["metadata"]["cached"] == false);
}

TEST_CASE("statuses of the expert that stop the work become the call's own", "[workflows]") {
  struct Case {
    const char *tool, *status;
    bool lifted;
  };
  for (const Case& c : {Case{"debug", "files_required_to_continue", true},
                        {"debug", "investigation_paused", true},
                        {"debug", "no_bug_found", true},
                        {"refactor", "refactoring_paused", true},
                        {"analyze", "full_codereview_required", true},
                        {"codereview", "focused_review_required", true},
                        {"testgen", "test_sample_needed", true},
                        {"testgen", "more_tests_required", true},
                        {"debug", "refactoring_paused", false}}) {
    INFO(c.tool << " " << c.status);
    Flow flow(script(Json{{"status", c.status}, {"files_needed", {"/a"}}}.dump()));
    Json extra{{"relevant_files", {flow.file("a.cpp", "x")}}};
    const Json answer = flow.ask(c.tool, step_of(c.tool, 1, 1, false, extra));
    CHECK(answer["status"] == (c.lifted ? c.status : "calling_expert_analysis"));
    CHECK(answer["expert_analysis"]["files_needed"] == Json({"/a"}));
  }
}

TEST_CASE("an expert's answer that is not JSON is used all the same", "[workflows]") {
  {
    Flow flow(script("It is simply broken."));
    const Json answer = flow.ask("debug", last_step());
    CHECK(answer["expert_analysis"]["status"] == "analysis_complete");
    CHECK(answer["expert_analysis"]["raw_analysis"] == "It is simply broken.");
    CHECK(answer["expert_analysis"].contains("parse_error"));
  }
  {
    Flow flow(script("Sure:\n```json\n{\"analysis\": \"fenced\"}\n```"));
    CHECK(flow.ask("debug", last_step())["expert_analysis"]["analysis"] == "fenced");
  }
  {
    Flow flow(script(R"({"analysis": "cut sho)"));
    const Json answer = flow.ask("debug", last_step());
    CHECK(answer["expert_analysis"]["analysis"] == "cut sho");
    CHECK(answer["expert_analysis"].contains("parse_note"));
  }
}

TEST_CASE("failures of the expert say what happened and what the limit was", "[workflows]") {
  {
    Flow flow("rules: [{reply: {fault: silent}}]", {{"EXPERT_ANALYSIS_TIMEOUT_SECS", "0.2"}});
    const Json answer = flow.ask("debug", last_step());
    CHECK(answer["status"] == "error");
    CHECK(answer["expert_analysis"]["status"] == "analysis_timeout");
    CHECK(answer["expert_analysis"]["error"].get<std::string>().find("200ms") != std::string::npos);
    CHECK(answer["metadata"]["timeout_seconds"] == 0.2);
  }
  {
    Flow flow("rules: [{reply: {text: ''}}]");
    CHECK(flow.ask("debug", last_step())["status"] == "error");
  }
  {
    Flow flow;
    test::ToolCall bare(Config::defaults(), flow.folder.path());
    auto output = bare.run(*test::workflows().find("debug")->tool, last_step());
    REQUIRE(output);
    CHECK(test::structured(*output)["status"] == "error");
    CHECK(test::structured(*output)["expert_analysis"]["error"].get<std::string>().find("GLM_API_KEY") !=
          std::string::npos);
  }
  Flow flow;
  CHECK(flow.refused("debug", last_step({{"model", "no-such-model"}})).kind == ErrorKind::not_found);
}

TEST_CASE("whether and how the expert is asked follows argument, tool and settings", "[workflows]") {
  const auto asked = [](const std::vector<std::pair<std::string, std::string>>& settings,
                        const std::string& tool, const Json& extra) {
    Flow flow(Flow::k_expert, settings);
    flow.ask(tool, step_of(tool, 1, 1, false, extra));
    return !flow.server->seen().empty();
  };
  const Json issue{{"issues_found", {{{"severity", "low"}, {"description", "x"}}}}};
  CHECK(asked({}, "debug", issue));
  CHECK_FALSE(asked({}, "debug", nullptr));  // one finding is not enough
  CHECK(asked({}, "analyze", nullptr));
  CHECK(asked({}, "thinkdeep", {{"findings", std::string(200, 'x')}}));
  CHECK_FALSE(asked({}, "thinkdeep", nullptr));
  CHECK(asked({{"THINKDEEP_USE_ASSISTANT_MODEL_DEFAULT", "true"}}, "thinkdeep", nullptr));
  CHECK_FALSE(asked({{"THINKDEEP_USE_ASSISTANT_MODEL_DEFAULT", "false"}}, "thinkdeep",
                    {{"findings", std::string(200, 'x')}}));
  CHECK_FALSE(asked({{"EXPERT_ANALYSIS_ENABLED", "false"}}, "debug", issue));
  CHECK_FALSE(asked({{"DEFAULT_USE_ASSISTANT_MODEL", "false"}}, "debug", issue));
  Json wanted = issue;
  wanted["use_assistant_model"] = true;
  CHECK(asked({{"DEFAULT_USE_ASSISTANT_MODEL", "false"}}, "debug", wanted));
}

TEST_CASE("thinking mode, model and timeout are chosen and reported", "[workflows]") {
  const auto metadata = [](std::vector<std::pair<std::string, std::string>> settings, const std::string& tool,
                           Json extra) {
    settings.emplace_back("DEFAULT_MODEL", "glm-4.5-flash");
    Flow flow(Flow::k_expert, std::move(settings));
    extra["relevant_files"] = Json::array({flow.file("a.cpp", "x")});
    Json all = flow.ask(tool, step_of(tool, 1, 1, false, extra))["metadata"];
    all["sent_model"] = flow.asked()["model"];
    return all;
  };
  const Json none = Json::object();
  CHECK(metadata({}, "debug", none)["thinking_mode"] == "minimal");
  CHECK(metadata({}, "debug", none)["sent_model"] == "glm-4.5-flash");
  CHECK(metadata({{"EXPERT_ANALYSIS_THINKING_MODE", "low"}}, "debug", none)["thinking_mode"] == "low");
  CHECK(metadata({}, "codereview", none)["thinking_mode"] == "medium");
  const Json upgraded = metadata({}, "secaudit", none);
  CHECK(upgraded["thinking_mode"] == "high");
  CHECK(upgraded["sent_model"] == "glm-4.6");
  CHECK(upgraded["model_upgraded"]["from"] == "glm-4.5-flash");
  CHECK(metadata({{"EXPERT_ANALYSIS_AUTO_UPGRADE", "false"}}, "secaudit", none)["sent_model"] ==
        "glm-4.5-flash");
  CHECK(metadata({}, "secaudit", {{"model", "glm-4.5-flash"}})["sent_model"] == "glm-4.5-flash");
  const std::vector<std::pair<std::string, std::string>> four{{"EXPERT_ANALYSIS_TIMEOUT_SECS", "4"}};
  const auto seconds = [&](const char* mode) {
    return metadata(four, "thinkdeep", {{"thinking_mode", mode}})["timeout_seconds"].get<double>();
  };
  CHECK(seconds("minimal") == 2.0);
  CHECK(seconds("medium") == 4.0);
  CHECK(seconds("max") == 8.0);
  CHECK(metadata({{"THINKDEEP_EXPERT_TIMEOUT_SECS", "3"}}, "thinkdeep", none)["timeout_seconds"] == 3.0);
  // Never more than the call has left.
  CHECK(metadata({}, "debug", none)["timeout_seconds"].get<double>() <= 20.0);
  CHECK(metadata({{"DEFAULT_THINKING_MODE_THINKDEEP", "low"}}, "thinkdeep", none)["thinking_mode"] == "low");
}

TEST_CASE("size and number of files have limits", "[workflows]") {
  Flow flow(Flow::k_expert, {{"EXPERT_ANALYSIS_MAX_FILE_COUNT", "2"}});
  const Json files{flow.file("a.cpp", "alpha"), flow.file("b.cpp", "beta"), flow.file("c.cpp", "gamma")};
  const Json answer = flow.ask("debug", last_step({{"relevant_files", files}}));
  CHECK(answer["file_context"]["files_embedded"].size() == 2);
  CHECK(answer["file_context"]["not_embedded"][0]["file"] == files[2]);
  // Tools that send files only when asked to name them instead.
  const Json named = flow.ask("codereview", step_of("codereview", 1, 1, false, {{"relevant_files", files}}));
  CHECK(named["file_context"]["type"] == "reference_only");
  CHECK(flow.prompt().find("alpha") == std::string::npos);
  CHECK(flow.prompt().find("a.cpp") != std::string::npos);
}

TEST_CASE("images go to models with vision, and an unreadable one stops nothing", "[workflows]") {
  Flow flow;
  const std::string image = flow.file("a.png", std::string("\x89PNG\r\n\x1a\n\0\1", 10));
  const Json extra{{"images", {image, "/nowhere.png"}}, {"model", "glm-4.5v"}};
  const Json answer = flow.ask("debug", last_step(extra));
  CHECK(answer["status"] == "calling_expert_analysis");
  CHECK(flow.asked().dump().find("data:image/png;base64,") != std::string::npos);
  CHECK(answer["metadata"]["images_skipped"][0]["image"] == "/nowhere.png");
}

TEST_CASE("the expert's timeout is its own, not the provider's", "[workflows]") {
  Flow flow(R"(rules: [{reply: {first_byte: 400ms, text: '{"analysis":"slow"}'}}])",
            {{"GLM_TIMEOUT_SECS", "0.1"}});
  CHECK(flow.ask("debug", last_step())["expert_analysis"]["analysis"] == "slow");
}
