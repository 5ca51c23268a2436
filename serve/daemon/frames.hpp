// The EX-AI daemon's frames (facts: server 2.2 to 2.5), in and out. Pure.
#pragma once

#include "core/error.hpp"
#include "serve/protocol/catalogue.hpp"
#include "serve/tools/tool.hpp"

#include <string>
#include <string_view>

namespace exai::serve::frames {

std::string hello_ok(std::string_view session);
/// `word`: invalid_hello, missing_hello, unauthorized.
std::string hello_refused(std::string_view word);
std::string tools(std::string_view array);
std::string ack(std::string_view request_id, std::string_view name, Millis timeout);
/// Heartbeat; some clients reset their timers only on frames without a message.
std::string heartbeat(std::string_view request_id, std::string_view name, Wall now);
std::string progress(std::string_view request_id, std::string_view name, const Progress& progress, Wall now);
std::string result(std::string_view request_id, const ToolOutput& output, bool compat_text);
/// call_tool_res with ok:false and error{code,message,details}.
std::string failure(std::string_view request_id, std::string_view code, const Error& error,
                    const Json& details);
/// {"op":"error",...} for what belongs to no call.
std::string error(std::string_view code, std::string_view message, std::string_view request_id = {});
std::string cancelled(std::string_view request_id, bool found);

/// What a failed call says besides its code.
Json details_of(const Error& error);

}  // namespace exai::serve::frames
