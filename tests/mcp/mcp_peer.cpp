#include "tests/mcp/mcp_peer.hpp"

#include "core/sse.hpp"
#include "tests/catch.hpp"

#include <fmt/core.h>

namespace exai::test {

using simulator::Connection;
using simulator::RawRequest;

mcp::client::McpObserver Observed::observer() {
  mcp::client::McpObserver observer;
  observer.on_text = [this](std::string_view piece) { text += piece; };
  observer.on_progress = [this](std::string_view line) { progress += line; };
  observer.on_frame = [this](char direction, std::string_view frame) {
    frames += direction + std::string(frame) + "\n";
  };
  return observer;
}

McpPeer::McpPeer(Script script) {
  auto started = simulator::Server::start(
      0, [this, script = std::move(script)](Connection& connection, const RawRequest& request) {
        {
          const std::lock_guard lock(mutex_);
          requests_.push_back(request);
        }
        return script(connection, request, request.body.empty() ? Json() : Json::parse(request.body));
      });
  REQUIRE(started);
  server_ = std::move(*started);
}

std::string McpPeer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", server_->port(), path);
}

mcp::client::McpTarget McpPeer::target(const std::string& path) const {
  mcp::client::McpTarget target;
  target.url = url(path);
  return target;
}

std::vector<RawRequest> McpPeer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool write_answer(Connection& connection, int status, std::string_view type, const std::string& body,
                  const std::string& headers) {
  return connection.write(fmt::format("HTTP/1.1 {} X\r\nContent-Type: {}\r\n{}Content-Length: {}\r\n\r\n{}",
                                      status, type, headers, body.size(), body));
}

bool write_json(Connection& connection, const Json& message, const std::string& headers) {
  return write_answer(connection, 200, "application/json", message.dump(), headers);
}

bool write_accepted(Connection& connection) {
  return write_answer(connection, 202, "text/plain", "");
}

bool write_events(Connection& connection, const std::string& events) {
  return write_answer(connection, 200, "text/event-stream", events);
}

std::string event(const Json& message, const std::string& id) {
  return sse_event(message.dump(), id);
}

Json result_for(const Json& request, const Json& result) {
  return {{"jsonrpc", "2.0"}, {"id", request["id"]}, {"result", result}};
}

Json error_for(const Json& request, const Json& error) {
  return {{"jsonrpc", "2.0"}, {"id", request["id"]}, {"error", error}};
}

std::optional<bool> legacy_basics(Connection& connection, const RawRequest& request, const Json& message) {
  if (request.method == "DELETE") return write_answer(connection, 204, "text/plain", "");
  if (request.method == "GET")
    return write_answer(connection, 405, "text/plain", "");  // no stream of its own
  if (!message.is_object()) return std::nullopt;
  if (!message.contains("id") || !message.contains("method")) return write_accepted(connection);
  const auto method = message["method"].get<std::string>();
  if (method == "initialize")
    return write_json(connection,
                      result_for(message, {{"protocolVersion", "2025-11-25"},
                                           {"capabilities", {{"tools", Json::object()}}},
                                           {"serverInfo", {{"name", "scripted"}, {"version", "9"}}}}),
                      "Mcp-Session-Id: s1\r\n");
  if (method == "ping") return write_json(connection, result_for(message, Json::object()));
  if (method == "server/discover")
    return write_answer(connection, 400, "application/json",
                        R"({"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no session"}})");
  return std::nullopt;
}

std::optional<bool> modern_basics(Connection& connection, const Json& message) {
  if (!message.is_object() || message.value("method", "") != "server/discover") return std::nullopt;
  const Json about{{"io.modelcontextprotocol/serverInfo", {{"name", "stateless"}, {"version", "7"}}}};
  const Json extensions{{"io.modelcontextprotocol/tasks", Json::object()}};
  return write_json(
      connection,
      result_for(message, {{"resultType", "complete"},
                           {"supportedVersions", {"2026-07-28"}},
                           {"capabilities", {{"tools", Json::object()}, {"extensions", extensions}}},
                           {"_meta", about}}));
}

}  // namespace exai::test
