// A tool as a const record; any state lives in the call or in the conversation store.
#pragma once

#include "core/json.hpp"
#include "core/registry.hpp"
#include "core/result.hpp"
#include "core/timeouts.hpp"
#include "serve/calls/context.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace exai::serve {

/// Inline: touches nothing outside and ends in bounded time, runs on the loop thread. Blocking: runs on the
/// pool.
enum class Work : std::uint8_t { inline_, blocking };

/// What a tool gives back. A failure the model should see (a provider's refusal, a missing key) is `is_error`
/// with an explaining text; an Error from run() becomes exactly that, with the error's kind and hint as
/// structured content.
struct ToolOutput {
  Json content = Json::array();  ///< MCP content items: {"type":"text","text":...}
  Json structured;               ///< structuredContent object, or null
  bool is_error = false;
  // For the activity log and metrics.
  std::string provider, model;
  Usage usage;
};

/// One text item.
ToolOutput text_output(std::string text, Json structured = nullptr);

struct Tool {
  std::string_view id{};  ///< [A-Za-z0-9_.-]{1,128}
  std::string_view title{};
  std::string_view description{};
  std::string_view input_schema{};   ///< JSON text, type object; kept verbatim
  std::string_view output_schema{};  ///< JSON text or empty
  bool read_only = true, destructive = false, idempotent = true, open_world = false;
  Work work = Work::blocking;
  timeouts::Layer budget = timeouts::Layer::simple;  ///< its deadline comes from this layer
  Result<ToolOutput> (*run)(const Json& arguments, CallContext& context) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
};

const Tool* find_tool(std::string_view id);

}  // namespace exai::serve
