// Workflow tools as the server loads them, called without a server.
#pragma once

#include "serve/mcp/catalogue.hpp"
#include "tests/scratch.hpp"
#include "tests/tools/structured.hpp"
#include "tests/tools/tool_fixture.hpp"
#include "tools/workflows/workflow.hpp"

#include <map>

namespace exai::test {

/// The built-in workflows, compiled as in a catalogue.
inline const serve::mcp::ToolCatalogue& workflows() {
  static const serve::mcp::ToolCatalogue k_tools = [] {
    const auto tools = tools::load_workflow_tools({});
    if (!tools) {
      UNSCOPED_INFO(tools.error().message);
      if (tools.error().where) UNSCOPED_INFO(to_string(*tools.error().where));
    }
    REQUIRE(tools);
    return serve::mcp::ToolCatalogue::from(*tools).value();
  }();
  return k_tools;
}

/// The arguments that every step has, and what a tool asks for beside them.
inline Json step_of(const std::string& tool, long long number, long long total, bool more, Json extra = {}) {
  Json arguments{{"step", "step " + std::to_string(number) + " of " + tool},
                 {"step_number", number},
                 {"total_steps", total},
                 {"next_step_required", more}};
  if (tool != "planner") arguments["findings"] = "found in step " + std::to_string(number);
  if (tool == "docgen")
    for (const char* name :
         {"document_complexity", "document_flow", "update_existing", "comments_on_complex_logic"})
      arguments[name] = true;
  if (tool == "docgen") arguments["num_files_documented"] = arguments["total_files_to_document"] = 0;
  if (tool == "tracer") arguments.update({{"trace_mode", "precision"}, {"target_description", "main"}});
  if (!extra.is_null()) arguments.update(extra);
  return arguments;
}

/// One world with a scripted model behind it and a folder of files.
struct Flow {
  explicit Flow(std::string_view script = k_expert,
                std::vector<std::pair<std::string, std::string>> more = {})
      : server(simulator::Simulator::with(script)), call(glm_at(*server, std::move(more)), folder.path()) {}

  /// As a client's call: the schema first.
  Result<engine::ToolOutput> run(const std::string& tool, Json arguments) {
    const serve::mcp::ToolEntry* entry = workflows().find(tool);
    REQUIRE(entry != nullptr);
    if (auto fits = serve::mcp::check_arguments(*entry, arguments); !fits) return fail(fits.error());
    return call.run(*entry->tool, arguments);
  }
  Json ask(const std::string& tool, const Json& arguments) {
    auto output = run(tool, arguments);
    if (!output) FAIL(output.error().message << " / " << output.error().hint);
    return test::structured(*output);
  }
  Error refused(const std::string& tool, const Json& arguments) {
    auto output = run(tool, arguments);
    REQUIRE_FALSE(output);
    INFO(output.error().message);
    CHECK_FALSE(output.error().message.empty());
    return output.error();
  }
  /// The last question that the model got.
  [[nodiscard]] Json asked() const { return Json::parse(server->seen().back().body); }
  [[nodiscard]] std::string prompt() const {
    return asked()["messages"].back()["content"].get<std::string>();
  }
  std::string file(const std::string& name, const std::string& text) const {
    return folder.write(name, text).string();
  }

  static constexpr const char* k_expert =
      R"(rules: [{reply: {text: '{"status":"analysis_complete","analysis":"it is the cache"}'}}])";
  tests::Scratch folder;
  std::unique_ptr<simulator::Simulator> server;
  ToolCall call;
};

}  // namespace exai::test
