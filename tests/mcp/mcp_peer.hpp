// A scripted server of MCP over HTTP for tests of the client: each test says how it answers.
#pragma once

#include "mcp/client/client.hpp"
#include "tests/simulator/server.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::test {

inline Deadline soon() {
  return Deadline::after(Millis{20000});
}

/// What the observer of a client received.
struct Observed {
  std::string text, progress, frames;
  mcp::client::McpObserver observer();
};

class McpPeer {
 public:
  /// Gets each request with its body as JSON (null for none) and writes the answer with the functions below.
  using Script =
      std::function<bool(simulator::Connection&, const simulator::RawRequest&, const Json& message)>;
  explicit McpPeer(Script script);
  [[nodiscard]] std::string url(const std::string& path = "/mcp") const;
  [[nodiscard]] mcp::client::McpTarget target(const std::string& path = "/mcp") const;
  [[nodiscard]] std::vector<simulator::RawRequest> requests() const;

 private:
  mutable std::mutex mutex_;
  std::vector<simulator::RawRequest> requests_;
  std::unique_ptr<simulator::Server> server_;
};

bool write_answer(simulator::Connection& connection, int status, std::string_view type,
                  const std::string& body, const std::string& headers = {});
/// 200 with one JSON message.
bool write_json(simulator::Connection& connection, const Json& message, const std::string& headers = {});
bool write_accepted(simulator::Connection& connection);
/// 200 with events, all of them at once.
bool write_events(simulator::Connection& connection, const std::string& events);

std::string event(const Json& message, const std::string& id = {});
/// {"jsonrpc","id","result"} for that request.
Json result_for(const Json& request, const Json& result);
Json error_for(const Json& request, const Json& error);
/// Answers initialize, notifications, ping and the end of a session; nothing for anything else.
std::optional<bool> legacy_basics(simulator::Connection& connection, const simulator::RawRequest& request,
                                  const Json& message);
/// Answers server/discover as a server of 2026-07-28 alone.
std::optional<bool> modern_basics(simulator::Connection& connection, const Json& message);

}  // namespace exai::test
