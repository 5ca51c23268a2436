// Whatever a provider does wrong, every kind of tool ends in a typed error or in another provider's answer.
#include "tests/tools/structured.hpp"
#include "tests/tools/workflow_fixture.hpp"

using namespace exai;
using simulator::Simulator;

namespace {

const std::vector<std::string>& faults() {
  static const std::vector<std::string> k_faults{"{status: 429}",
                                                 "{status: 500}",
                                                 "{status: 503}",
                                                 "{text: some words, fault: truncate}",
                                                 "{text: x, fault: bad_json}",
                                                 "{text: some words, fault: reset}",
                                                 "{text: x, fault: wrong_type}",
                                                 "{text: x, fault: huge}",
                                                 "{text: some words, fault: stall}",
                                                 "{fault: silent}",
                                                 "{text: late, first_byte: 60s}"};
  return k_faults;
}

/// Both providers at simulators, asked once each and for a second at most.
std::vector<std::pair<std::string, std::string>> impatient(const Simulator& kimi) {
  return {{"KIMI_API_URL", kimi.url()},
          {"KIMI_API_KEY", test::k_key},
          {"GLM_TIMEOUT_SECS", "1"},
          {"EXPERT_ANALYSIS_TIMEOUT_SECS", "1"},
          {"KIMI_TIMEOUT_SECS", "1"},
          {"RETRY_ATTEMPTS", "1"},
          {"CIRCUIT_BREAKER_ENABLED", "false"},
          {"GLM_FILE_UPLOAD_TIMEOUT_SECS", "1"},
          {"KIMI_FILES_UPLOAD_TIMEOUT_SECS", "1"},
          {"GLM_WEBSEARCH_TIMEOUT_SECS", "1"}};
}

struct Kind {
  std::string tool;
  Json arguments;
};

/// One of each kind: chat, streamed chat, a workflow's expert, models side by side, functions, files, search.
std::vector<Kind> kinds(const std::string& file) {
  const Json messages = Json::array({{{"role", "user"}, {"content", "hello"}}});
  return {{"chat", {{"prompt", "hello"}}},
          {"chat", {{"prompt", "hello"}, {"stream", true}}},
          {"debug", test::step_of("debug", 1, 1, false, {{"relevant_files", Json::array({file})}})},
          {"consensus",
           test::step_of("consensus", 1, 1, false, {{"models", Json::array({{{"model", "glm-4.6"}}})}})},
          {"kimi_chat_with_tools", {{"messages", messages}}},
          {"kimi_capture_headers", {{"messages", messages}}},
          {"kimi_chat_with_files", {{"prompt", "what?"}, {"file_ids", Json::array({"file-1"})}}},
          {"kimi_upload_files", {{"files", Json::array({file})}}},
          {"kimi_manage_files", {{"operation", "list"}}},
          {"glm_upload_file", {{"file", file}}},
          {"glm_web_search", {{"search_query", "mcp"}}}};
}

Result<engine::ToolOutput> called(test::Flow& flow, const Kind& kind) {
  if (test::workflows().find(kind.tool) != nullptr) return flow.run(kind.tool, kind.arguments);
  return flow.call.run(kind.tool, kind.arguments);
}

/// What a caller sees of a failure: a typed error, or an answer that says error and why.
bool reports_failure(const Result<engine::ToolOutput>& output) {
  if (!output) return output.error().kind != ErrorKind::internal && !output.error().message.empty();
  const Json& answer = test::structured(*output);
  if (output->is_error) return true;
  if (!answer.is_object()) return false;
  const std::string text = answer.dump();
  const std::string status = answer.value("status", "");
  return status == "error" || status == "execution_error" || status == "tool_call_error" ||
         (answer.contains("model_response") && answer["model_response"].value("status", "") == "error") ||
         (answer.contains("failed") && !answer["failed"].empty()) ||
         text.find("error_kind") != std::string::npos;
}

}  // namespace

TEST_CASE("every fault of every provider is reported by every kind of tool, in time", "[faults]") {
  for (const std::string& fault : faults()) {
    const std::string script = "rules: [{reply: " + fault + "}, {match: {path: /files}, reply: " + fault +
                               "}, {match: {path: /web_search}, reply: " + fault + "}]";
    const auto kimi = Simulator::with(script);
    test::Flow flow(script, impatient(*kimi));
    const std::string file = flow.file("code.py", "x = 1\n");
    for (const Kind& kind : kinds(file)) {
      CAPTURE(fault, kind.tool, kind.arguments.dump());
      const Steady began = system_clock().steady();
      const auto output = called(flow, kind);
      const std::string answer = output ? test::structured(*output).dump() : output.error().message;
      CAPTURE(answer);
      CHECK(reports_failure(output));
      CHECK(system_clock().steady() - began < Millis{8000});
    }
  }
}

TEST_CASE("while one provider fails, tools that may use the other are answered", "[faults]") {
  const std::string fine =
      R"(rules: [{reply: {text: '{"analysis": "sound", "key_findings": [], "needs_more_info": false}'}}])";
  const auto kimi = Simulator::with(fine);
  for (const std::string& fault : faults()) {
    test::Flow flow("rules: [{reply: " + fault + "}]", impatient(*kimi));
    const std::string file = flow.file("code.py", "x = 1\n");
    for (const Kind& kind : kinds(file)) {
      if (kind.tool != "debug" && (kind.tool != "chat" || kind.arguments.contains("stream"))) continue;
      CAPTURE(fault, kind.tool);
      const auto output = called(flow, kind);
      // A stream that broke off has reached the client in part: nobody may begin anew.
      if (kind.tool == "debug" && reports_failure(output)) continue;
      REQUIRE(output);
      CHECK(output->provider == "kimi");
      CHECK(test::structured(*output)["metadata"]["detours"].size() >= 1);
    }
  }
}
