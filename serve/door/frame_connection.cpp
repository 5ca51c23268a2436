// One WebSocket connection: an upgrade, then a reader and a writer over an outbox. Coroutine rules as in
// http_connection.cpp.
#include "serve/door/exchange.hpp"
#include "serve/door/http_text.hpp"
#include "serve/door/hub.hpp"

#include <deque>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket.hpp>

namespace exai::serve {
namespace {
namespace frame_door {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using Tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::uint32_t k_header_bytes = 32U << 10U;
// Queued bytes above which progress is dropped, and above which the peer is not read any more until it takes
// its answers.
constexpr std::size_t k_drop_bytes = std::size_t{1} << 20U;
constexpr std::size_t k_pause_bytes = std::size_t{4} << 20U;

class FrameConnection final : public Connection,
                              public FrameSink,
                              public std::enable_shared_from_this<FrameConnection> {
 public:
  FrameConnection(Tcp::socket socket, Hub& hub, FrameService& service, std::string address)
      : stream_(std::move(socket)),
        signal_(hub.io()),
        drained_(hub.io()),
        hub_(hub),
        service_(service),
        address_(std::move(address)) {}

  static net::awaitable<void> run(std::shared_ptr<FrameConnection> self) {
    const HubEntry entry(self->hub_, self, self->address_);
    const HandlerEnd end(*self);
    self->deadline_ = system_clock().steady() + self->hub_.limits.request_read;
    const bool open = co_await self->upgrade();
    if (open) {
      net::awaitable<void> writer = write_frames(self);
      net::co_spawn(self->hub_.io(), std::move(writer), net::detached);
      co_await self->read_frames();
      const std::shared_ptr<FrameHandler> handler = std::move(self->handler_);
      handler->on_gone();
    }
    self->over_ = true;
    self->signal_.cancel();
    ErrorCode ignored;
    self->socket().shutdown(Tcp::socket::shutdown_both, ignored);
    self->socket().close(ignored);
  }

  void send(std::string text, bool droppable) override {
    if (over_ || closing_ || (droppable && queued_ > k_drop_bytes)) return;
    queued_ += text.size();
    outbox_.push_back(std::move(text));
    signal_.cancel();
  }

  void close(std::uint16_t code, std::string reason) override {
    if (over_ || closing_) return;
    closing_.emplace(static_cast<websocket::close_code>(code), reason.substr(0, 123));
    signal_.cancel();
  }

  void sweep(Steady now) override {
    if (now >= deadline_) return drop();
    if (!handler_) return;
    if (pinged_ && now - heard_ >= hub_.limits.ping_interval + hub_.limits.ping_timeout) return drop();
    if (pinged_ || closing_ || now - heard_ < hub_.limits.ping_interval) return;
    pinged_ = true;
    const std::shared_ptr<FrameConnection> self = shared_from_this();
    stream_.async_ping(websocket::ping_data(), [self](const ErrorCode&) {});
  }

  void wind_down() override {
    if (!handler_) return drop();
    close(1001, "the server is shutting down");
  }

 private:
  /// Handler and connection own each other; this ends that also when the loop goes while the connection
  /// waits.
  struct HandlerEnd {
    explicit HandlerEnd(FrameConnection& owner) : connection(owner) {}
    HandlerEnd(const HandlerEnd&) = delete;
    HandlerEnd& operator=(const HandlerEnd&) = delete;
    ~HandlerEnd() { connection.handler_.reset(); }
    FrameConnection& connection;
  };

  /// Adds the chosen subprotocol to the answer of the upgrade.
  struct Subprotocol {
    explicit Subprotocol(std::string name) : chosen(std::move(name)) {}
    void operator()(websocket::response_type& response) const {
      if (!chosen.empty()) response.set(http::field::sec_websocket_protocol, chosen);
    }
    std::string chosen;
  };

  Tcp::socket& socket() { return stream_.next_layer(); }

  void drop() {
    ErrorCode ignored;
    socket().close(ignored);
    signal_.cancel();
    drained_.cancel();
  }

  net::awaitable<bool> upgrade() {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(k_header_bytes);
    ErrorCode error;
    co_await http::async_read_header(socket(), buffer_, parser,
                                     net::redirect_error(net::use_awaitable, error));
    if (error) co_return false;
    HttpRequest request = view(parser.get());
    std::optional<HttpAnswer> refusal = refused(request, parser.get());
    if (refusal) {
      std::string text;
      write_head(text, *refusal, false);
      text += refusal->body;
      co_await net::async_write(socket(), net::buffer(text), net::redirect_error(net::use_awaitable, error));
      co_return false;
    }
    stream_.read_message_max(hub_.limits.frame);
    stream_.auto_fragment(false);
    stream_.control_callback([this](websocket::frame_type, std::string_view) { heard(); });
    const std::string chosen(service_.choose(request));
    // Browsers fail the connection when none of the offered subprotocols is echoed.
    stream_.set_option(websocket::stream_base::decorator(Subprotocol(chosen)));
    co_await stream_.async_accept(parser.get(), net::redirect_error(net::use_awaitable, error));
    deadline_ = Steady::max();
    heard();
    if (error) co_return false;
    handler_ = service_.connect(shared_from_this(), request);
    co_return true;
  }

  HttpRequest view(const http::request<http::empty_body>& message) const {
    HttpRequest request;
    request.method = message.method_string();
    request.path = message.target();
    request.peer = address_;
    for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
    return request;
  }

  std::optional<HttpAnswer> refused(const HttpRequest& request,
                                    const http::request<http::empty_body>& message) {
    if (std::optional<HttpAnswer> refusal = service_.admit(request)) return refusal;
    if (websocket::is_upgrade(message)) return std::nullopt;
    return plain_error(426, "this port speaks WebSocket", "Upgrade: websocket\r\n");
  }

  void heard() {
    heard_ = system_clock().steady();
    pinged_ = false;
  }

  net::awaitable<void> read_frames() {
    ErrorCode error;
    for (;;) {
      buffer_.clear();
      co_await stream_.async_read(buffer_, net::redirect_error(net::use_awaitable, error));
      if (error) co_return;
      heard();
      take_frame();
      while (queued_ > k_pause_bytes && socket().is_open()) {
        drained_.expires_at(Steady::max());
        co_await drained_.async_wait(net::redirect_error(net::use_awaitable, error));
      }
    }
  }

  void take_frame() {
    try {
      if (stream_.got_text())
        handler_->on_text(std::string_view(static_cast<const char*>(buffer_.data().data()), buffer_.size()));
      else
        handler_->on_binary();
    } catch (const std::exception&) {
      close(1011, "internal error");
    }
  }

  static net::awaitable<void> write_frames(std::shared_ptr<FrameConnection> self) {
    ErrorCode error;
    self->stream_.text(true);
    while (!self->over_ && !error) {
      if (!self->outbox_.empty()) {
        const std::string frame = std::move(self->outbox_.front());
        self->outbox_.pop_front();
        self->deadline_ = system_clock().steady() + self->hub_.limits.idle;
        co_await self->stream_.async_write(net::buffer(frame),
                                           net::redirect_error(net::use_awaitable, error));
        self->deadline_ = Steady::max();
        self->queued_ -= frame.size();
        if (self->queued_ <= k_pause_bytes) self->drained_.cancel();
        continue;
      }
      if (self->closing_) {
        const websocket::close_reason reason = *self->closing_;
        self->deadline_ = system_clock().steady() + self->hub_.limits.ping_timeout;
        co_await self->stream_.async_close(reason, net::redirect_error(net::use_awaitable, error));
        co_return;
      }
      self->signal_.expires_at(Steady::max());
      ErrorCode woken;
      co_await self->signal_.async_wait(net::redirect_error(net::use_awaitable, woken));
    }
    self->drop();
  }

  websocket::stream<Tcp::socket> stream_;
  net::steady_timer signal_, drained_;
  Hub& hub_;
  FrameService& service_;
  std::string address_;
  std::shared_ptr<FrameHandler> handler_;
  boost::beast::flat_buffer buffer_;
  std::deque<std::string> outbox_;
  std::size_t queued_ = 0;
  std::optional<websocket::close_reason> closing_;
  Steady deadline_ = Steady::max(), heard_{};
  bool over_ = false, pinged_ = false;
};

}  // namespace frame_door
}  // namespace

void serve_frames(net::ip::tcp::socket socket, Hub& hub, FrameService& service, std::string address) {
  const auto connection =
      std::make_shared<frame_door::FrameConnection>(std::move(socket), hub, service, std::move(address));
  net::awaitable<void> task = frame_door::FrameConnection::run(connection);
  net::co_spawn(hub.io(), std::move(task), net::detached);
}

}  // namespace exai::serve
