#include "tests/simulator/answer.hpp"

#include "core/sse.hpp"
#include "core/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::simulator {
namespace {

Sent whole_or_hangup(bool written) {
  return written ? Sent::whole : Sent::hangup;
}

std::string head(int status, std::string_view type, std::string_view framing) {
  return fmt::format("HTTP/1.1 {} Simulated\r\nContent-Type: {}\r\n{}\r\n\r\n", status, type, framing);
}

std::string plain(int status, std::string_view type, const std::string& body, std::string_view extra = {}) {
  return head(status, type, fmt::format("{}Content-Length: {}", extra, body.size())) + body;
}

Json usage(const Asked& asked, const Reply& reply) {
  return {{"prompt_tokens", estimate_tokens(asked.last_user)},
          {"completion_tokens", estimate_tokens(join(reply.chunks, ""))}};
}

Json tool_calls(const Reply& reply) {
  return Json::array({{{"index", 0},
                       {"id", "call_1"},
                       {"type", "function"},
                       {"function", {{"name", reply.tool_name}, {"arguments", reply.tool_arguments}}}}});
}

std::string finish_reason(const Reply& reply) {
  return reply.tool_name.empty() ? reply.finish_reason : "tool_calls";
}

std::string completion(const Reply& reply, const Asked& asked) {
  Json message{{"role", "assistant"}, {"content", join(reply.chunks, "")}};
  if (!reply.reasoning.empty()) message["reasoning_content"] = reply.reasoning;
  if (!reply.tool_name.empty()) message["tool_calls"] = tool_calls(reply);
  const Json choice{{"index", 0}, {"message", std::move(message)}, {"finish_reason", finish_reason(reply)}};
  return dump_json({{"id", "sim-1"},
                    {"object", "chat.completion"},
                    {"model", asked.model},
                    {"choices", Json::array({choice})},
                    {"usage", usage(asked, reply)}});
}

std::string chunk(const Asked& asked, Json delta, const Json& reason) {
  const Json choice{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", reason}};
  return dump_json({{"id", "sim-1"},
                    {"object", "chat.completion.chunk"},
                    {"model", asked.model},
                    {"choices", Json::array({choice})}});
}

/// One event as one HTTP chunk.
std::string framed(const std::string& data) {
  const std::string text = "data: " + data + "\n\n";
  return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}

Sent broken(Connection& connection, Fault fault) {
  if (fault == Fault::stall) return connection.wait_for_hangup() ? Sent::hangup : Sent::closed;
  if (fault == Fault::reset) connection.reset();
  return Sent::closed;
}

Sent stream(Connection& connection, const Reply& reply, const Asked& asked) {
  if (!connection.write(head(200, "text/event-stream", "Transfer-Encoding: chunked"))) return Sent::hangup;
  if (!reply.reasoning.empty() &&
      !connection.write(framed(chunk(asked, {{"reasoning_content", reply.reasoning}}, nullptr))))
    return Sent::hangup;
  for (const std::string& piece : reply.chunks) {
    if (!connection.pause(reply.delay)) return Sent::hangup;
    if (!connection.write(framed(chunk(asked, {{"content", piece}}, nullptr)))) return Sent::hangup;
    if (reply.fault == Fault::stall || reply.fault == Fault::truncate || reply.fault == Fault::reset)
      return broken(connection, reply.fault);
  }
  if (reply.fault == Fault::no_end) return connection.write("0\r\n\r\n") ? Sent::whole : Sent::hangup;
  if (reply.fault == Fault::bad_json)
    return whole_or_hangup(connection.write(framed("{\"choices\": [") + "0\r\n\r\n"));
  Json delta = Json::object();
  if (!reply.tool_name.empty()) delta["tool_calls"] = tool_calls(reply);
  Json last = Json::parse(chunk(asked, std::move(delta), finish_reason(reply)));
  last["usage"] = usage(asked, reply);
  return whole_or_hangup(connection.write(framed(dump_json(last)) + framed("[DONE]") + "0\r\n\r\n"));
}

Sent huge(Connection& connection, bool as_stream) {
  const std::string piece(1U << 20U, 'x');
  const std::string type = as_stream ? "text/event-stream" : "application/json";
  if (!connection.write(head(200, type, "Connection: close"))) return Sent::hangup;
  for (int i = 0; i < 64; ++i)
    if (!connection.write(as_stream ? "data: " + piece : piece)) return Sent::hangup;
  return Sent::closed;
}

Sent plain_answer(Connection& connection, const Reply& reply, const Asked& asked) {
  const std::string body = completion(reply, asked);
  switch (reply.fault) {
    case Fault::bad_json:
      return whole_or_hangup(connection.write(plain(200, "application/json", "{\"choices\": [")));
    case Fault::stall:
    case Fault::truncate:
    case Fault::no_end:
    case Fault::reset: {
      const std::string whole = plain(200, "application/json", body);
      if (!connection.write(std::string_view(whole).substr(0, whole.size() - body.size() / 2)))
        return Sent::hangup;
      return broken(connection, reply.fault);
    }
    default:
      return whole_or_hangup(connection.write(plain(200, "application/json", body)));
  }
}

}  // namespace

Sent answer_chat(Connection& connection, const Reply& reply, const Asked& asked) {
  if (reply.fault == Fault::silent) return connection.wait_for_hangup() ? Sent::hangup : Sent::closed;
  if (!connection.pause(reply.first_byte)) return Sent::hangup;
  if (reply.status != 200) return answer_error(connection, reply.status, reply.message, reply.retry_after);
  if (reply.fault == Fault::wrong_type)
    return whole_or_hangup(
        connection.write(plain(200, "text/html", "<html><body>a captive portal</body></html>")));
  if (reply.fault == Fault::huge) return huge(connection, asked.stream);
  if (asked.stream) return stream(connection, reply, asked);
  return plain_answer(connection, reply, asked);
}

Sent answer_models(Connection& connection, const std::vector<std::string>& models) {
  Json list = Json::array();
  for (const std::string& name : models) list.push_back({{"id", name}, {"object", "model"}});
  return whole_or_hangup(connection.write(
      plain(200, "application/json", dump_json({{"object", "list"}, {"data", std::move(list)}}))));
}

Sent answer_body(Connection& connection, std::string_view type, const std::string& body) {
  return whole_or_hangup(connection.write(plain(200, type, body)));
}

Sent answer_error(Connection& connection, int status, const std::string& message,
                  const std::string& retry_after) {
  const Json body{{"error", {{"message", message}, {"type", "simulated"}}}};
  const std::string extra = retry_after.empty() ? "" : "Retry-After: " + retry_after + "\r\n";
  return whole_or_hangup(connection.write(plain(status, "application/json", dump_json(body), extra)));
}

}  // namespace exai::simulator
