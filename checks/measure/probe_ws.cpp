#include "checks/measure/probe_ws.hpp"

#include "core/json.hpp"
#include "core/text.hpp"
#include "io/websocket.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult say_hello(const std::string& url, const Secret& token, const ProbeLimits& limits) {
  const Steady began = limits.clock.steady();
  auto socket = io::WebSocket::connect(url, {}, limits.deadline);
  if (!socket) return check_unknown(socket.error());
  const std::string frame =
      fmt::format(R"({{"op":"hello","session_id":"exai-probe","token":{}}})", quote_json(token.reveal()));
  if (const auto sent = socket->send(frame, limits.deadline); !sent) return check_unknown(sent.error());
  const auto answer = socket->receive(limits.deadline);
  if (!answer) return check_unknown(answer.error());
  if (json_at(*answer, "ok").value_or("") != "true") {
    const std::string why = json_at(*answer, "error").value_or("no hello_ack");
    return check_fail(fmt::format("the daemon refused the hello: {}", printable(why)),
                      why == "unauthorized" ? "is EXAI_WS_TOKEN the daemon's?" : "exai log errors");
  }
  socket->close();
  const auto time = std::chrono::duration_cast<Millis>(limits.clock.steady() - began);
  CheckResult result = check_pass(fmt::format("hello_ack in {}", format_duration(time)));
  judge_time(result, time, limits);
  return result;
}

}  // namespace

CheckResult probe_ws(const std::string& url, const Secret& token, const ProbeLimits& limits) {
  CheckResult result = say_hello(url, token, limits);
  result.id = "probe.ws";
  result.title = url;
  return result;
}

}  // namespace exai::checks
