// All that speaks MCP, over one engine: put together here once, for the server and for its tests.
#pragma once

#include "serve/mcp/mcp_http.hpp"
#include "serve/mcp/mcp_sse.hpp"

#include <functional>
#include <string>

namespace exai::serve {

mcp::SessionLimits session_limits(const Config& config);
mcp::CatalogueExtras catalogue_extras(const Config& config, std::vector<tools::Document> documents);

struct McpStack {
  McpStack(const mcp::CurrentCatalogue& catalogue, const mcp::McpWriter& writer, engine::Engine& engine,
           const Config& config, const Clock& clock);
  McpStack(const McpStack&) = delete;
  McpStack& operator=(const McpStack&) = delete;
  McpStack(McpStack&&) = delete;
  McpStack& operator=(McpStack&&) = delete;
  ~McpStack() = default;

  /// Ends every stream that would never end: the server stops.
  void end_streams();
  void reload(const Config& config);
  /// Sessions of a key that was taken away end with all that runs in them: now, and whenever `state` says so.
  void judge_sessions(std::function<net::PassState(const net::Pass&)> state);
  void end_retired_sessions();

  mcp::Dispatcher dispatcher;
  mcp::McpService service;
  mcp::SessionTable sessions;
  mcp::McpHttp http;
  mcp::McpSse sse;

 private:
  /// Sessions end when their time is over, also without further calls.
  void sweep_later();
  engine::Loop& loop_;
  std::function<net::PassState(const net::Pass&)> state_of_;
  std::unique_ptr<engine::Timer> sweep_;
};

}  // namespace exai::serve
