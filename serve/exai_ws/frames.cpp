#include "serve/exai_ws/frames.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"
#include "mcp/errors.hpp"

#include <array>

namespace exai::serve::exai_ws::frames {
namespace {

// A longer text is not a status report: reading it again would only cost time.
constexpr std::size_t k_report_bytes = std::size_t{256} << 10U;

double seconds(Wall at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

/// The texts of all items, joined by a blank line: what old clients read.
std::string joined_text(const Json& content) {
  std::string text;
  for (const Json& item : content) {
    const auto part = item.find("text");
    if (part == item.end() || !part->is_string()) continue;
    if (!text.empty()) text += "\n\n";
    text += part->get_ref<const std::string&>();
  }
  return text;
}

Json progress_frame(std::string_view request_id, std::string_view name, Wall now) {
  return {{"op", "progress"}, {"request_id", request_id}, {"name", name}, {"t", seconds(now)}};
}

std::string with_id(Json frame, std::string_view request_id) {
  if (!request_id.empty()) frame["request_id"] = request_id;
  return dump_json(frame);
}

std::string first_text(const Json& content) {
  if (content.empty()) return {};
  return text_of(content[0], "text");
}

/// The object that the first output is, if it is one.
Json first_object(const engine::ToolOutput& output) {
  const std::string text = output.structured.empty() ? first_text(output.content) : output.structured;
  if (!text.starts_with('{') || (output.structured.empty() && text.size() > k_report_bytes)) return nullptr;
  Result<Json> object = parse_json(text);
  return object && object->is_object() ? std::move(*object) : Json(nullptr);
}

std::string in_capitals(std::string word) {
  for (char& c : word)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return word;
}

/// The error that a tool reports inside an output; null when it reports none.
Json reported_error(const engine::ToolOutput& output, const std::string& text) {
  static constexpr std::array<std::string_view, 4> k_failures{"code_too_large", "error", "execution_error",
                                                              "resend_prompt"};
  const Json object = first_object(output);
  const auto status = object.is_object() ? object.find("status") : object.end();
  const bool known = object.is_object() && status != object.end() && status->is_string() &&
                     std::find(k_failures.begin(), k_failures.end(), status->get_ref<const std::string&>()) !=
                         k_failures.end();
  if (!known) return output.is_error ? Json{{"code", "TOOL_EXECUTION_ERROR"}, {"message", text}} : Json();
  Json error = {{"code", in_capitals(status->get<std::string>())}, {"message", text}};
  for (const char* const name : {"error", "content"})
    if (const auto detail = object.find(name); detail != object.end() && detail->is_string())
      error["message"] = *detail;
  if (const auto metadata = object.find("metadata"); metadata != object.end()) error["metadata"] = *metadata;
  return error;
}

Answer closed(const Json& frame, std::string code) {
  std::string body = dump_json(frame);
  body.pop_back();  // finish() continues from here
  return {std::move(body), std::move(code)};
}

}  // namespace

std::string hello_ok(std::string_view session, const std::optional<Resumption>& resumption) {
  Json frame = {{"op", "hello_ack"}, {"ok", true}, {"session_id", session}};
  if (resumption) {
    frame["resumed"] = resumption->resumed;
    frame["resume_grace"] = static_cast<double>(resumption->grace.count()) / 1000.0;
  }
  return dump_json(frame);
}

std::string hello_refused(std::string_view word) {
  return dump_json({{"op", "hello_ack"}, {"ok", false}, {"error", word}});
}

std::string rotated(std::string_view word, std::string_view message, std::string_view request_id) {
  Json frame = {{"op", "rotate_token_res"}, {"ok", word.empty()}};
  if (!word.empty()) frame["error"] = word, frame["message"] = message;
  return with_id(std::move(frame), request_id);
}

std::string tools(std::string_view array, std::string_view request_id) {
  std::string text = R"({"op":"list_tools_res",)";
  if (!request_id.empty()) text += "\"request_id\":" + quote_json(request_id) + ",";
  return text.append("\"tools\":").append(array).append("}");
}

std::string health(Json facts, std::string_view request_id) {
  return with_id({{"op", "health_res"}, {"ok", true}, {"health", std::move(facts)}}, request_id);
}

std::string pong(std::string_view request_id, Wall now) {
  return with_id({{"op", "pong"}, {"t", seconds(now)}}, request_id);
}

std::string cancelled(std::string_view request_id, bool found) {
  Json frame = {{"op", "cancelled"}, {"request_id", request_id}, {"ok", found}};
  if (!found) frame["error"] = {{"code", "NOT_FOUND"}, {"message", "no such request is in flight"}};
  return dump_json(frame);
}

std::string error(std::string_view code, std::string_view message, std::string_view request_id,
                  const Json& details) {
  Json frame = {{"op", "error"}, {"error", {{"code", code}, {"message", message}}}};
  if (details.is_object() && !details.empty()) frame["error"]["details"] = details;
  return with_id(std::move(frame), request_id);
}

std::string ack(std::string_view request_id, std::string_view name, Millis timeout) {
  return dump_json({{"op", "call_tool_ack"},
                    {"request_id", request_id},
                    {"accepted", true},
                    {"timeout", static_cast<double>(timeout.count()) / 1000.0},
                    {"name", name}});
}

std::string heartbeat(std::string_view request_id, std::string_view name, Wall now) {
  return dump_json(progress_frame(request_id, name, now));
}

std::string progress(std::string_view request_id, std::string_view name, const engine::Progress& progress,
                     Wall now) {
  Json frame = progress_frame(request_id, name, now);
  if (!progress.text.empty()) frame["text"] = progress.text;
  if (!progress.message.empty()) {
    frame["message"] = progress.message;
    frame["level"] = "info";
  }
  return dump_json(frame);
}

std::string note(std::string_view request_id, std::string_view name, std::string_view note, Wall now) {
  Json frame = progress_frame(request_id, name, now);
  frame["note"] = note;
  return dump_json(frame);
}

std::string stream_chunk(std::string_view request_id, std::string_view chunk, Wall now) {
  return dump_json(
      {{"op", "stream_chunk"}, {"request_id", request_id}, {"chunk", chunk}, {"timestamp", seconds(now)}});
}

std::string stream_complete(std::string_view request_id, Wall now) {
  return dump_json({{"op", "stream_complete"}, {"request_id", request_id}, {"timestamp", seconds(now)}});
}

Answer result(const engine::ToolOutput& output, const AnswerStyle& style) {
  const std::string text = joined_text(output.content);
  Json frame = {{"op", "call_tool_res"}, {"outputs", output.content}};
  const bool nothing = trim(text).empty() && output.content.size() < 2 && !output.structured.starts_with('{');
  if (nothing && style.never_empty) {
    const Json diagnostic = {{"status", "no_payload_from_tool"},
                             {"diagnostic_stub", true},
                             {"tool", style.tool},
                             {"session", style.session},
                             {"ts", seconds(style.now)}};
    frame["outputs"] = Json::array({{{"type", "text"}, {"text", dump_json(diagnostic)}}});
  } else if (output.content.empty()) {
    frame["outputs"] = Json::array({{{"type", "text"}, {"text", ""}}});
  }
  if (output.structured.starts_with('{'))
    if (Result<Json> object = parse_json(output.structured, k_file_depth); object)
      frame["structured"] = std::move(*object);
  if (style.compat_text) frame["text"] = joined_text(frame["outputs"]);
  Json error = reported_error(output, text);
  frame["ok"] = error.is_null();
  std::string code;
  if (!error.is_null()) {
    code = error["code"].get<std::string>();
    frame["error"] = std::move(error);
  }
  return closed(frame, std::move(code));
}

Answer failure(std::string_view code, const Error& error, const Json& details) {
  Json body = {{"code", code}, {"message", mcp::error_line(error)}};
  if (details.is_object() && !details.empty()) body["details"] = details;
  return closed({{"op", "call_tool_res"}, {"ok", false}, {"error", std::move(body)}}, std::string(code));
}

std::string finish(std::string_view body, std::string_view request_id, Origin origin) {
  std::string text(body);
  if (origin == Origin::cache) text += ",\"from_cache\":true";
  if (origin == Origin::inflight) text += ",\"from_inflight\":true";
  return text.append(",\"request_id\":").append(quote_json(request_id)).append("}");
}

Json details_of(const Error& error) {
  Json details = {{"kind", to_string(error.kind)}};
  if (!error.hint.empty()) details["hint"] = error.hint;
  if (error.retry_after.count() > 0)
    details["retry_after"] = static_cast<double>(error.retry_after.count()) / 1000.0;
  return details;
}

}  // namespace exai::serve::exai_ws::frames
