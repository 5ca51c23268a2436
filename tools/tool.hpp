// A tool as a const record; any state lives in the call or in the conversation store.
#pragma once

#include "core/json.hpp"
#include "core/registry.hpp"
#include "core/result.hpp"
#include "core/timeouts.hpp"
#include "engine/context.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::tools {

/// Whether a tool's work may go on as a task after its request was answered (extension
/// io.modelcontextprotocol/tasks): never, when the client knows tasks, or only then.
enum class TaskUse : std::uint8_t { never, offered, required };

/// Who sees a tool by default: everybody; whoever wants all of them; only the operator
/// who looks into the server itself.
enum class ToolTier : std::uint8_t { core, advanced, diagnostic };
std::string_view to_string(ToolTier tier);

/// One text item.
engine::ToolOutput text_output(std::string text, std::string structured = {});

struct Tool {
  std::string_view id{};  ///< [A-Za-z0-9_.-]{1,128}
  std::string_view title{};
  std::string_view description{};
  /// JSON texts for tools that have no files of their own; read them by input_schema() and output_schema().
  std::string_view input_schema{}, output_schema{};
  bool read_only = true, destructive = false, idempotent = true, open_world = false;
  engine::Work work = engine::Work::blocking;
  timeouts::Layer budget = timeouts::Layer::simple;  ///< its deadline comes from this layer
  TaskUse task = TaskUse::never;                     ///< for tools that call CallContext::begin_task()
  ToolTier tier = ToolTier::advanced;
  bool workflow = false;        ///< made from a workflow's files
  std::string_view provider{};  ///< offered only where this provider is configured ("kimi"); empty = always
  /// Called again from its beginning with the answers to what it asked for (InputRequired).
  std::function<Result<engine::CallAnswer>(const Json& arguments, engine::CallContext& context)> run{};
  /// For blocking tools: true when this very call waits for nothing (no model, no file, no store) and ends at
  /// once, so that it runs where inline tools run. Empty = never.
  std::function<bool(const Json& arguments, const engine::ConversationMemory& memory)> quick{};

  [[nodiscard]] std::string_view name() const { return id; }
};

/// Tools from records, which live for ever, and from files, which whoever holds the pointer keeps alive.
using ToolList = std::vector<std::shared_ptr<const Tool>>;

/// Tools that outlive everything here, as records do.
ToolList lasting(const std::vector<const Tool*>& tools);
const Tool* find_tool(std::string_view id);

/// What arguments are judged by: the record's own schema, else tools/<id>.json. A JSON text of type object;
/// empty for a tool that has neither, which ToolCatalogue::from refuses.
std::string_view input_schema(const Tool& tool);
/// The form of structured answers: the record's own, else tools/<id>.output.json; empty when nothing is
/// promised.
std::string_view output_schema(const Tool& tool);
/// The text of the embedded file tools/<name>.json; empty when there is none.
std::string_view embedded_schema(std::string_view name);
/// The text of the embedded file tools/<name>.md; empty when there is none.
std::string_view embedded_prompt(std::string_view name);
/// The job of calling a tool.
engine::SharedJob tool_job(std::shared_ptr<const Tool> tool, std::shared_ptr<const Json> arguments);

}  // namespace exai::tools
