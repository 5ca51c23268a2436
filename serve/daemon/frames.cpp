#include "serve/daemon/frames.hpp"

#include "serve/protocol/errors.hpp"

namespace exai::serve::frames {
namespace {

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

}  // namespace

std::string hello_ok(std::string_view session) {
  return dump_json({{"op", "hello_ack"}, {"ok", true}, {"session_id", session}});
}

std::string hello_refused(std::string_view word) {
  return dump_json({{"op", "hello_ack"}, {"ok", false}, {"error", word}});
}

std::string tools(std::string_view array) {
  std::string text = R"({"op":"list_tools_res","tools":)";
  return text.append(array).append("}");
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

std::string progress(std::string_view request_id, std::string_view name, const Progress& progress, Wall now) {
  Json frame = progress_frame(request_id, name, now);
  if (!progress.text.empty()) frame["text"] = progress.text;
  if (!progress.message.empty()) {
    frame["message"] = progress.message;
    frame["level"] = "info";
  }
  return dump_json(frame);
}

std::string result(std::string_view request_id, const ToolOutput& output, bool compat_text) {
  Json frame = {{"op", "call_tool_res"},
                {"request_id", request_id},
                {"ok", !output.is_error},
                {"outputs", output.content}};
  if (output.content.empty()) frame["outputs"] = Json::array({{{"type", "text"}, {"text", ""}}});
  if (output.structured.is_object()) frame["structured"] = output.structured;
  const std::string text = joined_text(output.content);
  if (compat_text) frame["text"] = text;
  if (output.is_error) frame["error"] = {{"code", "TOOL_EXECUTION_ERROR"}, {"message", text}};
  return dump_json(frame);
}

std::string failure(std::string_view request_id, std::string_view code, const Error& error,
                    const Json& details) {
  Json body = {{"code", code}, {"message", error_line(error)}};
  if (details.is_object() && !details.empty()) body["details"] = details;
  return dump_json(
      {{"op", "call_tool_res"}, {"request_id", request_id}, {"ok", false}, {"error", std::move(body)}});
}

std::string error(std::string_view code, std::string_view message, std::string_view request_id) {
  Json frame = {{"op", "error"}, {"error", {{"code", code}, {"message", message}}}};
  if (!request_id.empty()) frame["request_id"] = request_id;
  return dump_json(frame);
}

std::string cancelled(std::string_view request_id, bool found) {
  return dump_json({{"op", "cancelled"}, {"request_id", request_id}, {"ok", found}});
}

Json details_of(const Error& error) {
  Json details = {{"kind", to_string(error.kind)}};
  if (!error.hint.empty()) details["hint"] = error.hint;
  if (error.retry_after.count() > 0)
    details["retry_after"] = static_cast<double>(error.retry_after.count()) / 1000.0;
  return details;
}

}  // namespace exai::serve::frames
