// How our values look in MCP messages. Everything that differs between revisions belongs here and nowhere
// else.
#pragma once

#include "core/error.hpp"
#include "serve/calls/context.hpp"
#include "serve/tools/tool.hpp"

#include <span>
#include <string>
#include <string_view>

namespace exai::serve {

/// Newest first. `initialize` echoes a supported one and answers the newest otherwise, never an error (facts:
/// protocol e.5).
std::span<const std::string_view> supported_versions();
bool is_supported_version(std::string_view version);
std::string_view negotiate_version(std::string_view asked);

struct ServerIdentity {
  std::string name, version, instructions;
};

/// Results, as JSON text.
std::string initialize_result(const ServerIdentity& identity, std::string_view version);
std::string call_result(const ToolOutput& output);
/// A failure that the model should see: isError, the text, and kind, code and hint as structured content
/// (only where no output schema forbids it; clients validate that even for errors).
std::string failed_call_result(const Error& error, const Tool& tool);
/// params of notifications/progress; `token` is JSON text.
std::string progress_params(std::string_view token, std::uint64_t count, const Progress& progress);

}  // namespace exai::serve
