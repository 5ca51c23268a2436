// The frames of exai_ws, the EX-AI WebSocket protocol, as text. Pure.
#pragma once

#include "core/error.hpp"
#include "serve/mcp/catalogue.hpp"
#include "tools/tool.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exai::serve::exai_ws::frames {

/// The answer to a hello that asked for resumption.
struct Resumption {
  bool resumed = false;
  Millis grace{0};  ///< a lost connection is waited for this long
};
std::string hello_ok(std::string_view session, const std::optional<Resumption>& resumption);
/// `word`: invalid_hello, missing_hello, unauthorized.
std::string hello_refused(std::string_view word);
/// `word`: empty = rotated; missing_params, unauthorized, too_short or no_token.
std::string rotated(std::string_view word, std::string_view message, std::string_view request_id);
std::string tools(std::string_view array, std::string_view request_id);
std::string health(Json facts, std::string_view request_id);
std::string pong(std::string_view request_id, Wall now);
std::string cancelled(std::string_view request_id, bool found);
/// {"op":"error",...} for what belongs to no call.
std::string error(std::string_view code, std::string_view message, std::string_view request_id = {},
                  const Json& details = Json::object());

std::string ack(std::string_view request_id, std::string_view name, Millis timeout);
/// Heartbeat; some clients reset their timers only on frames without a message.
std::string heartbeat(std::string_view request_id, std::string_view name, Wall now);
std::string progress(std::string_view request_id, std::string_view name, const engine::Progress& progress,
                     Wall now);
/// A progress frame about the request itself, not from its tool.
std::string note(std::string_view request_id, std::string_view name, std::string_view note, Wall now);
/// For callers that asked for a stream: a piece of the answer, and its end.
std::string stream_chunk(std::string_view request_id, std::string_view chunk, Wall now);
std::string stream_complete(std::string_view request_id, Wall now);

/// The answer to a call without what is its receiver's own, so that several can get it: a JSON object whose
/// end finish() writes.
struct Answer {
  std::string body;
  std::string code;  ///< of the error; empty = success, the only kind that may be kept for others
};
struct AnswerStyle {
  bool compat_text = true;   ///< all texts at the top level too, for old clients
  bool never_empty = false;  ///< a diagnostic says so when a tool returned nothing
  std::string_view tool, session;
  Wall now;
};
/// Outputs, and beside them an error when the tool itself reports one: is_error, or a first output with
/// status error, execution_error, code_too_large or resend_prompt.
Answer result(const engine::ToolOutput& output, const AnswerStyle& style);
Answer failure(std::string_view code, const Error& error, const Json& details);

enum class Origin : std::uint8_t { run, cache, inflight };
/// The frame for one receiver: request id, and whose run it was.
std::string finish(std::string_view body, std::string_view request_id, Origin origin);

/// What a failed call reports besides its code.
Json details_of(const Error& error);

}  // namespace exai::serve::exai_ws::frames
