#include "tests/scratch.hpp"
#include "tests/tools/structured.hpp"
#include "tests/tools/tool_fixture.hpp"
#include "tools/log_lines.hpp"

#include <fmt/core.h>

using namespace exai;

namespace {

std::string line(int minute, const std::string& principal, const std::string& tool) {
  return fmt::format(
      R"({{"t": "2026-11-21T14:{:02}:00.000Z", "event": "call", "tool": "{}", "principal": "{}", "duration": 0.1}})",
      minute, tool, principal);
}

/// A caller of a server whose logs hold calls of two.
struct LogCall : test::ToolCall {
  LogCall() : ToolCall(Config::defaults()) {
    view().activity = {line(1, "alice", "chat"), line(2, "bob", "debug"), line(3, "alice", "planner")};
    view().server_log = {R"({"t": "2026-11-21T14:00:00.000Z", "level": "ERROR", "msg": "it broke"})",
                         R"({"t": "2026-11-21T14:05:00.000Z", "level": "INFO", "msg": "fine"})"};
  }
  Json lines(Json arguments) {
    const auto output = run("activity", arguments);
    if (!output) FAIL(output.error().message);
    return test::structured(*output);
  }
  Error refused(const char* tool, const Json& arguments) {
    const auto output = run(tool, arguments);
    REQUIRE_FALSE(output);
    CHECK(!output.error().hint.empty());
    return output.error();
  }
};

}  // namespace

TEST_CASE("a filter of lines is words, stars and bars", "[tools][log]") {
  const auto matches = [](std::string_view filter, std::string_view text) {
    const auto made = tools::LineFilter::from(filter);
    REQUIRE(made);
    return made->matches(text);
  };
  CHECK(matches("", "anything"));
  CHECK(matches("error", "an ERROR here"));
  CHECK_FALSE(matches("error", "all is well"));
  CHECK(matches("time*out", "the time ran out"));
  CHECK_FALSE(matches("time*out", "out of time"));
  CHECK(matches("b?d", "a bad day"));
  CHECK_FALSE(matches("b?d", "abd"));
  CHECK(matches("one|two", "number Two"));
  for (const auto* const regex : {"a+", "(a|b)", "[ab]", "a$", "\\d", "a.*b"})
    CHECK(tools::LineFilter::from(regex).error().kind == ErrorKind::invalid);
}

TEST_CASE("no filter takes long, whatever the line", "[tools][log]") {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  const auto filter = tools::LineFilter::from(pattern + "b");
  REQUIRE(filter);
  const Steady begun = system_clock().steady();
  CHECK_FALSE(filter->matches(std::string(16'000, 'a')));
  CHECK(system_clock().steady() - begun < std::chrono::seconds(5));
}

TEST_CASE("activity shows an admin everything, others their own calls", "[tools][log]") {
  LogCall call;
  const Json all = call.lines(Json::object());
  CHECK(all["source"] == "activity");
  CHECK(all["count"] == 3);
  CHECK(call.lines({{"source", "server"}})["count"] == 2);
  call.become("alice", Scope::operator_);
  const Json own = call.lines(Json::object());
  CHECK(own["count"] == 2);
  CHECK(dump_json(own).find("bob") == std::string::npos);
  CHECK(call.refused("activity", {{"source", "server"}}).kind == ErrorKind::refused);
  call.become("carol", Scope::operator_);
  CHECK(call.lines(Json::object()) == Json{{"source", "activity"}, {"count", 0}, {"lines", Json::array()}});
}

TEST_CASE("activity chooses by words and time", "[tools][log]") {
  LogCall call;
  CHECK(call.lines({{"filter", "DEBUG|planner"}})["count"] == 2);
  CHECK(call.lines({{"since", "2026-11-21T14:02:00Z"}})["count"] == 2);
  CHECK(call.lines({{"since", "2026-11-21 14:02"}, {"until", "2026-11-21T14:02"}})["count"] == 1);
  CHECK(call.lines({{"since", "2026"}, {"until", "2026-11-20"}})["count"] == 0);
  CHECK(call.lines({{"until", "5m"}})["count"].get<int>() <= 3);
  const Json records = call.lines({{"structured", true}, {"filter", "debug"}});
  CHECK(records["records"][0]["principal"] == "bob");
  CHECK(call.refused("activity", {{"since", "yesterday"}}).message.find("since") != std::string::npos);
  CHECK(call.refused("activity", {{"since", "2026-12"}, {"until", "2026-11"}}).kind == ErrorKind::invalid);
  CHECK(call.refused("activity", {{"filter", "(a+)+"}}).message.find("filter") != std::string::npos);
}

TEST_CASE("activity falls back to the server's log where there are no calls", "[tools][log]") {
  LogCall call;
  call.view().activity.clear();
  CHECK(call.lines(Json::object())["source"] == "server");
  CHECK(call.lines({{"source", "activity"}})["count"] == 0);
}

TEST_CASE("the tail of tool calls reads no other file", "[tools][log]") {
  const tests::Scratch scratch;
  LogCall call;
  call.view().folder = scratch.path();
  const auto output = call.run("toolcall_log_tail", {{"n", 2}});
  REQUIRE(output);
  CHECK(test::structured(*output)["records"].size() == 2);
  CHECK(test::structured(*output)["records"][1]["tool"] == "planner");
  CHECK(Json::parse(output->content[0]["text"].get<std::string>()) == test::structured(*output)["records"]);
  const auto named = [&](const std::string& path) { return call.run("toolcall_log_tail", {{"path", path}}); };
  CHECK(named(scratch.write("mcp_activity.log", "").string()));
  CHECK(named((scratch.path() / ".." / scratch.path().filename() / "mcp_activity.log").string()));
  CHECK(call.refused("toolcall_log_tail", {{"path", "/etc/passwd"}}).kind == ErrorKind::refused);
  CHECK(call.refused("toolcall_log_tail", {{"path", scratch.write("other.log", "").string()}}).kind ==
        ErrorKind::refused);
  call.become("bob", Scope::operator_);
  CHECK(test::structured(*call.run("toolcall_log_tail", Json::object()))["records"].size() == 1);
}

TEST_CASE("self-check finds what is wrong", "[tools][log]") {
  const tests::Scratch scratch;
  const auto verdict = [](const Json& answer, const std::string& name) {
    for (const Json& one : answer["checks"])
      if (one["name"] == name) return one;
    return Json();
  };
  test::ToolCall well(test::config_of({{"GLM_API_KEY", test::k_key}}));
  well.view().folder = scratch.path();
  const Json good = well.ask("self-check", {{"log_lines", 2}});
  CHECK(good["ok"] == true);
  for (const auto* const name : {"settings", "providers", "store", "logs", "disk", "tools"})
    CHECK(verdict(good, name)["ok"] == true);
  CHECK(good["env"]["GLM_API_KEY"] == true);
  CHECK(good["env"]["KIMI_API_KEY"] == false);
  CHECK(good["log_tail"] == Json::array({"b", "c"}));
  CHECK(dump_json(good).find(test::k_key) == std::string::npos);

  test::ToolCall ill(Config::defaults());
  ill.view().folder = scratch.path() / "gone";
  const Json bad = ill.ask("self-check", Json::object());
  CHECK(bad["ok"] == false);
  CHECK(verdict(bad, "providers")["why"].get<std::string>().find("GLM_API_KEY") != std::string::npos);
  CHECK(verdict(bad, "logs")["ok"] == false);
  CHECK(verdict(bad, "disk")["ok"] == false);
  CHECK(verdict(bad, "store")["ok"] == true);
}

TEST_CASE("capabilities say what is set, never the value", "[tools]") {
  test::ToolCall call(test::config_of({{"KIMI_API_KEY", test::k_key}, {"DIAGNOSTICS", "false"}}));
  call.view().hidden = {{"self-check", "diagnostic, and DIAGNOSTICS is off"}};
  const Json core = call.ask("provider_capabilities", Json::object());
  CHECK(core["env"]["keys_present"]["KIMI_API_KEY"] == true);
  CHECK(core["env"]["keys_present"]["GLM_API_KEY"] == false);
  CHECK(core["env"]["flags"]["DIAGNOSTICS"] == false);
  CHECK(core["env"]["providers"]["kimi"] == true);
  CHECK(core["tools"].size() == 2);
  CHECK(core["showing_advanced"] == false);
  CHECK(dump_json(core).find(test::k_key) == std::string::npos);
  const Json advanced = call.ask("provider_capabilities", {{"show_advanced", true}});
  CHECK(advanced["tools"].size() == 3);
  CHECK(advanced["hidden_tools"][0]["name"] == "self-check");
  CHECK(call.ask("provider_capabilities", {{"include_tools", false}})["tools"].empty());
}
