#include "serve/net/upgrade.hpp"

#include "core/base64.hpp"
#include "core/digest.hpp"

#include <algorithm>

namespace exai::serve::net {
namespace {

constexpr std::string_view k_key = "sec-websocket-key", k_version = "sec-websocket-version";
constexpr std::string_view k_magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Base64 of 16 bytes.
bool is_key(std::string_view text) {
  constexpr std::size_t k_digits = 22;
  return text.size() == k_digits + 2 && text.substr(k_digits) == "==" &&
         std::all_of(text.begin(), text.begin() + k_digits, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
                  c == '/';
         });
}

std::size_t count(const HttpRequest& request, std::string_view header) {
  return static_cast<std::size_t>(
      std::count_if(request.headers.begin(), request.headers.end(),
                    [header](const auto& field) { return HttpRequest::same_name(field.first, header); }));
}

HttpResponse upgrade_required(std::string_view why) {
  return plain_error(426, why, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
}

}  // namespace

std::optional<HttpResponse> judge_upgrade(const HttpRequest& request, const Framing& framing) {
  if (!lists_token(request, "upgrade", "websocket")) return upgrade_required("this port speaks WebSocket");
  if (request.method != "GET") return plain_error(405, "a WebSocket begins with GET", "Allow: GET\r\n");
  if (framing.http10) return plain_error(400, "a WebSocket begins in HTTP/1.1");
  if (framing.has_body()) return plain_error(400, "a WebSocket begins without a body");
  if (!lists_token(request, "connection", "upgrade"))
    return plain_error(400, "the Connection header must hold Upgrade");
  if (count(request, k_version) > 1 || count(request, k_key) > 1)
    return plain_error(400, "the Sec-WebSocket-Key or Sec-WebSocket-Version header stands there twice");
  if (request.header(k_version) != "13")
    return upgrade_required("this server speaks version 13 of WebSocket");
  if (!is_key(request.header(k_key)))
    return plain_error(400, "the Sec-WebSocket-Key header must be the base64 of 16 bytes");
  return std::nullopt;
}

std::string accept_upgrade(const HttpRequest& request, std::string_view subprotocol) {
  std::string text =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: ";
  text += base64(sha1(std::string(request.header(k_key)).append(k_magic)));
  // Browsers fail the connection when none of the offered subprotocols is echoed.
  if (!subprotocol.empty()) text.append("\r\nSec-WebSocket-Protocol: ").append(subprotocol);
  return text + "\r\n\r\n";
}

}  // namespace exai::serve::net
