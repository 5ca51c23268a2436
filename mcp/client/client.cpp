#include "mcp/client/client.hpp"

#include "io/http.hpp"
#include "mcp/client/session.hpp"

#include <fmt/core.h>

namespace exai::mcp::client {

std::string_view to_string(McpTransport transport) {
  switch (transport) {
    case McpTransport::automatic:
      return "auto";
    case McpTransport::http:
      return "http";
    case McpTransport::sse:
      return "sse";
    case McpTransport::websocket:
      return "ws";
    case McpTransport::exai_ws:
      return "daemon";
    case McpTransport::stdio:
      return "stdio";
  }
  return "auto";
}

std::string_view to_string(McpEra era) {
  switch (era) {
    case McpEra::automatic:
      return "auto";
    case McpEra::legacy:
      return "legacy";
    case McpEra::modern:
      return "modern";
  }
  return "auto";
}

namespace {

Result<std::unique_ptr<McpClient>> session(const McpTarget& target, McpObserver observer, Opener opener,
                                           const Wait& wait) {
  auto client = std::make_unique<Session>(target, std::move(observer), std::move(opener));
  if (auto ready = client->open(wait); !ready) return fail(ready.error());
  return client;
}

Result<std::unique_ptr<McpClient>> over_stdio(const McpTarget& target, McpObserver observer,
                                              const Wait& wait) {
  auto client = session(
      target, std::move(observer), [](const McpTarget& to, const Wait&) { return open_stdio(to); }, wait);
  if (!client) return fail(std::move(client).error().during("starting " + target.command[0]));
  return client;
}

/// The server says by the subprotocol which of the two it speaks.
Result<std::unique_ptr<McpClient>> over_socket(McpTarget target, McpObserver observer, const Wait& wait) {
  // A hello token without a bearer opens exai_ws and nothing else.
  if (target.transport == McpTransport::automatic && target.token.empty() && !target.exai_ws_token.empty())
    target.transport = McpTransport::exai_ws;
  // Our own server takes that token from MCP clients too.
  if (target.transport == McpTransport::websocket && target.token.empty())
    target.token = target.exai_ws_token;
  Result<io::WebSocket> socket = open_socket(target, wait.deadline);
  if (!socket) return fail(socket.error());
  const bool mcp = target.transport == McpTransport::websocket ||
                   (target.transport == McpTransport::automatic && socket->subprotocol() == "mcp");
  if (!mcp) return connect_exai_ws(std::move(*socket), target, std::move(observer), wait.deadline);
  auto first = std::make_shared<std::optional<io::WebSocket>>(std::move(*socket));
  const auto opener = [first](const McpTarget& to, const Wait& until) -> Result<std::unique_ptr<Transport>> {
    if (*first) {
      io::WebSocket open = std::move(**first);
      first->reset();
      return use_socket(std::move(open));
    }
    Result<io::WebSocket> again = open_socket(to, until.deadline);
    if (!again) return fail(again.error());
    return use_socket(std::move(*again));
  };
  return session(target, std::move(observer), opener, wait);
}

Result<std::unique_ptr<McpClient>> over_http(const McpTarget& target, const Url& url, McpObserver observer,
                                             const Wait& wait) {
  const std::string path = url.path.substr(0, url.path.find('?'));
  const bool sse = target.transport == McpTransport::sse ||
                   (target.transport == McpTransport::automatic && path.ends_with("/sse"));
  return session(
      target, std::move(observer),
      [sse](const McpTarget& to, const Wait& until) { return sse ? open_sse(to, until) : open_http(to); },
      wait);
}

/// A transport that was asked for must fit what was named.
Result<void> fits(const McpTarget& target, std::string_view scheme) {
  const bool socket = scheme == "ws" || scheme == "wss";
  switch (target.transport) {
    case McpTransport::automatic:
      return {};
    case McpTransport::http:
    case McpTransport::sse:
      if (!socket) return {};
      return fail(ErrorKind::usage, fmt::format("the transport {} needs an http or https address",
                                                to_string(target.transport)));
    case McpTransport::websocket:
    case McpTransport::exai_ws:
      if (socket) return {};
      return fail(ErrorKind::usage,
                  fmt::format("the transport {} needs a ws or wss address", to_string(target.transport)));
    case McpTransport::stdio:
      break;
  }
  return fail(ErrorKind::usage, "the transport stdio needs a command to start, not an address");
}

}  // namespace

Result<Json> McpClient::list_tools(Deadline deadline) {
  return list(McpList::tools, deadline, {});
}

Result<std::unique_ptr<McpClient>> McpClient::connect(const McpTarget& target, McpObserver observer,
                                                      Deadline deadline, std::stop_token stop) {
  const Wait wait{deadline, std::move(stop)};
  if (!target.command.empty()) {
    if (target.transport == McpTransport::automatic || target.transport == McpTransport::stdio)
      return over_stdio(target, std::move(observer), wait);
    return fail(ErrorKind::usage,
                fmt::format("a command is spoken to over stdio, not over {}", to_string(target.transport)));
  }
  const Result<Url> url = parse_url(target.url);
  if (!url) return fail(url.error());
  if (auto fine = fits(target, url->scheme); !fine) return fail(fine.error());
  if (url->scheme == "ws" || url->scheme == "wss") return over_socket(target, std::move(observer), wait);
  return over_http(target, *url, std::move(observer), wait);
}

}  // namespace exai::mcp::client
