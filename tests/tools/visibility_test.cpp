#include "tools/visibility.hpp"

#include "serve/mcp/catalogue.hpp"
#include "tests/models/provider_fixture.hpp"

using namespace exai;
using tools::Tool;
using tools::ToolTier;

namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

tools::ToolList all_tools() {
  const auto tool = [](std::string_view name, ToolTier tier, std::string_view provider = {}) {
    Tool made;
    made.id = name;
    made.tier = tier;
    made.provider = provider;
    made.input_schema = R"({"type": "object"})";
    return std::make_shared<const Tool>(std::move(made));
  };
  return {tool("chat", ToolTier::core),
          tool("challenge", ToolTier::advanced),
          tool("kimi_chat_with_files", ToolTier::core, "kimi"),
          tool("glm_web_search", ToolTier::advanced, "glm"),
          tool("self-check", ToolTier::diagnostic),
          tool("thinkdeep", ToolTier::core),
          tool("health", ToolTier::advanced),
          tool("listmodels", ToolTier::advanced),
          tool("status", ToolTier::core),
          tool("version", ToolTier::advanced)};
}

tools::VisibleTools with(Values values, bool keys = true) {
  if (keys) {
    values.emplace_back("GLM_API_KEY", test::k_key);
    values.emplace_back("KIMI_API_KEY", test::k_key);
  }
  return tools::visible(all_tools(), test::config_of(values));
}

std::vector<std::string> names(const tools::VisibleTools& offered) {
  std::vector<std::string> list;
  for (const auto& tool : offered.tools) list.emplace_back(tool->id);
  return list;
}

std::string reason(const tools::VisibleTools& offered, std::string_view name) {
  for (const auto& row : offered.hidden)
    if (row.name == name) return row.reason;
  return {};
}

using List = std::vector<std::string>;
const List k_essential{"health", "listmodels", "status", "version"};

List and_essential(List names) {
  names.insert(names.end(), k_essential.begin(), k_essential.end());
  return names;
}

}  // namespace

TEST_CASE("the profile says which tools are offered", "[tools][visibility]") {
  CHECK(names(with({})).size() == 10);
  CHECK(names(with({{"TOOL_PROFILE", "lean"}})) ==
        and_essential({"chat", "kimi_chat_with_files", "thinkdeep"}));
  CHECK(names(with({{"LEAN_MODE", "true"}})) == names(with({{"TOOL_PROFILE", "lean"}})));
  CHECK(names(with({{"TOOL_PROFILE", "standard"}})) == and_essential({"chat", "challenge", "thinkdeep"}));
  CHECK(names(with({{"TOOL_PROFILE", "lean"}, {"LEAN_TOOLS", "challenge"}})) == and_essential({"challenge"}));
  CHECK(names(with({{"LEAN_MODE", "1"}, {"LEAN_TOOLS", "challenge"}, {"STRICT_LEAN", "true"}})) ==
        List{"challenge"});
  CHECK(reason(with({{"TOOL_PROFILE", "lean"}}), "challenge") == "not in the profile lean (TOOL_PROFILE)");
  CHECK(reason(with({{"LEAN_MODE", "true"}}), "challenge") == "not in the profile lean (LEAN_MODE)");
}

TEST_CASE("lists hide tools, each with its reason", "[tools][visibility]") {
  const auto enabled = with({{"TOOL_PROFILE", "lean"}, {"ENABLED_TOOLS", "challenge, glm_web_search"}});
  CHECK(names(enabled) == and_essential({"challenge", "glm_web_search"}));
  CHECK(reason(enabled, "chat") == "not named in ENABLED_TOOLS");
  const auto disabled = with({{"ENABLED_TOOLS", "challenge,chat"}, {"DISABLED_TOOLS", "chat"}});
  CHECK(names(disabled) == and_essential({"challenge"}));
  CHECK(reason(disabled, "chat") == "named in DISABLED_TOOLS");
  CHECK(names(with({{"CLIENT_TOOL_ALLOWLIST", "chat"}})) == and_essential({"chat"}));
  CHECK(names(with({{"CLAUDE_TOOL_ALLOWLIST", "chat"}})) == and_essential({"chat"}));
  CHECK(reason(with({{"CLIENT_TOOL_DENYLIST", "chat"}}), "chat") == "named in CLIENT_TOOL_DENYLIST");
  CHECK(reason(with({{"DIAGNOSTICS", "false"}}), "self-check") == "diagnostic, and DIAGNOSTICS is off");
  CHECK(reason(with({}), "self-check").empty());
}

TEST_CASE("a provider's tools need its key", "[tools][visibility]") {
  const auto none = with({}, false);
  CHECK(reason(none, "kimi_chat_with_files") == "needs KIMI_API_KEY");
  CHECK(reason(none, "glm_web_search") == "needs GLM_API_KEY");
  CHECK(names(none) == and_essential({"chat", "challenge", "self-check", "thinkdeep"}));
  CHECK(names(with({{"ENABLED_TOOLS", "glm_web_search"}}, false)) == k_essential);
}

TEST_CASE("essential tools stay, and unknown names are reported", "[tools][visibility]") {
  const auto offered =
      with({{"DISABLED_TOOLS", "status,chatt,thinkdeep_EXAI-WS"}, {"CLIENT_TOOL_DENYLIST", "version"}});
  CHECK(names(offered) == List{"chat", "challenge", "kimi_chat_with_files", "glm_web_search", "self-check",
                               "health", "listmodels", "status", "version"});
  REQUIRE(offered.findings.size() == 3);
  CHECK(offered.findings[0].message == "DISABLED_TOOLS: status is always offered");
  CHECK(offered.findings[1].message == "DISABLED_TOOLS: there is no tool 'chatt'");
  CHECK(offered.findings[1].hint == "did you mean chat?");
  CHECK(offered.findings[1].severity == Status::fail);
  CHECK(offered.findings[2].message == "CLIENT_TOOL_DENYLIST: version is always offered");
  CHECK(offered.findings[2].severity == Status::warn);
}

TEST_CASE("names are known in the forms that clients write them", "[tools][visibility]") {
  const auto known = [](std::string_view name) { return name == "chat" || name == "thinkdeep"; };
  for (const auto* const name :
       {"chat", "chat_EXAI-WS", "chat-EXAI-WS", "chat_EXAI_WS", "chat-EXAI_WS", "chat-exai-ws"})
    CHECK(tools::canonical_tool_name(name, known) == "chat");
  for (const auto* const name : {"deepthink", "DeepThink", "think", "ultrathink_EXAI-WS"})
    CHECK(tools::canonical_tool_name(name, known) == "thinkdeep");
  CHECK(tools::canonical_tool_name("other", known) == "other");
  CHECK(tools::canonical_tool_name("_EXAI-WS", known) == "_EXAI-WS");
  CHECK(tools::canonical_tool_name("think", [](std::string_view) { return false; }) == "think");
}

TEST_CASE("a tool is found by its other names, and a hidden one says why it is not", "[tools][visibility]") {
  const auto offered = with({{"DISABLED_TOOLS", "challenge"}});
  const auto catalogue = serve::mcp::ToolCatalogue::from(offered.tools, offered.hidden);
  REQUIRE(catalogue);
  REQUIRE(catalogue->find("chat-EXAI-WS") != nullptr);
  CHECK(catalogue->find("chat-EXAI-WS")->tool->id == "chat");
  CHECK(catalogue->find("deepthink")->tool->id == "thinkdeep");
  CHECK(catalogue->find("challenge") == nullptr);
  CHECK(serve::mcp::unknown_tool(*catalogue, "challenge").message ==
        "the tool challenge is not offered: named in DISABLED_TOOLS");
  CHECK(serve::mcp::unknown_tool(*catalogue, "chatt").hint == "did you mean chat?");
}
