// What sockets offer to handlers: requests in, answers out. No socket, no protocol of ours
// in here.
#pragma once

#include "serve/net/pass.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::serve::net {

/// A request, valid while admit() or handle() runs; header names in any case.
struct HttpRequest {
  std::string_view method, path, query;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
  std::string_view peer;  ///< address without port
  /// The caller, as admit() found out; empty where none was needed.
  SharedPass pass{};
  std::string answer_headers{};  ///< lines that every answer to this request gets, each ending with \r\n
  /// The value of the first header of that name, or "".
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// Names of headers are the same in any case.
  static bool same_name(std::string_view a, std::string_view b);
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string_view type = "application/json";
  std::string headers;  ///< more header lines, each ending with \r\n
};

/// {"error":{"message":...}} with a status.
HttpResponse plain_error(int status, std::string_view message, std::string headers = {});

/// The answer to one request, whole or as an event stream. Loop thread only; calls after the end are ignored.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  /// The whole answer, unless a stream has begun.
  virtual void answer(HttpResponse answer) = 0;
  /// Allows the answer to become an event stream: with the first write, or after 15 s of silence. Until then
  /// nothing leaves, so a status stays possible. `preamble` is the stream's first text.
  virtual void may_stream(std::string preamble) = 0;
  /// Begins the stream now.
  virtual void begin_stream() = 0;
  /// The stream stays open for as long as the peer's key or token is good, not for the time of one answer.
  virtual void stay_open() {}
  /// The caller, where that was found out after admit().
  virtual void carry(SharedPass /*pass*/) {}
  /// Text of the stream: whole server-sent events. `droppable` ones are lost when the peer reads too slowly.
  virtual void write(std::string_view text, bool droppable) = 0;
  /// The end of the stream, or an empty answer when none has begun.
  virtual void finish() = 0;
  /// True once the status has been decided to be that of a stream.
  [[nodiscard]] virtual bool streaming() const = 0;
  /// False after the end, or when the peer is gone.
  [[nodiscard]] virtual bool open() const = 0;
  /// Called once when the peer leaves before the end.
  virtual void on_gone(std::function<void()> hook) = 0;
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// Asked when the headers are there, before the body is read: an answer refuses the request. Who asks is
  /// decided here, once, and stays with the request.
  virtual std::optional<HttpResponse> admit(HttpRequest& request) = 0;
  /// Must see to it that the exchange is answered, now or later.
  virtual void handle(const HttpRequest& request, const std::shared_ptr<ResponseWriter>& exchange) = 0;
};

/// One message connection (WebSocket), as its handler sees it. Loop thread only.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void send(std::string text, bool droppable) = 0;
  /// Sends what is queued, then the close frame.
  virtual void close(std::uint16_t code, std::string reason) = 0;
  /// From now on the connection lives as long as this pass is good.
  virtual void carry(SharedPass /*pass*/) {}
};

class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  virtual void on_text(std::string_view text) = 0;
  virtual void on_binary() = 0;
  /// The connection is over; nothing may be sent any more.
  virtual void on_gone() = 0;
};

class FrameService {
 public:
  virtual ~FrameService() = default;
  /// Asked before the upgrade: an answer refuses it. The caller is decided here, once.
  virtual std::optional<HttpResponse> admit(HttpRequest& request) = 0;
  /// The subprotocol to speak on it, of those the request offers; empty = none.
  virtual std::string_view choose(const HttpRequest& request) = 0;
  virtual std::shared_ptr<FrameHandler> connect(std::shared_ptr<FrameSink> sink,
                                                const HttpRequest& request) = 0;
};

}  // namespace exai::serve::net
