// One WebSocket connection: an upgrade, then a reader and a writer over an outbox. Coroutine rules as in
// http_connection.cpp.
#include "serve/net/connection_manager.hpp"
#include "serve/net/exchange.hpp"
#include "serve/net/frames.hpp"
#include "serve/net/head_read.hpp"
#include "serve/net/http_text.hpp"
#include "serve/net/upgrade.hpp"

#include <deque>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>

namespace exai::serve::net {
namespace {

using Tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

// Queued bytes above which progress is dropped, and above which the peer is not read any more until it takes
// its answers.
constexpr std::size_t k_drop_bytes = std::size_t{1} << 20U;
constexpr std::size_t k_pause_bytes = std::size_t{4} << 20U;
// Frames that wait leave together, up to this many bytes.
constexpr std::size_t k_together_bytes = std::size_t{64} << 10U;

class FrameConnection final : public Connection,
                              public FrameSink,
                              public std::enable_shared_from_this<FrameConnection> {
 public:
  FrameConnection(Arrival arrival, ConnectionManager& manager, FrameService& service)
      : socket_(std::move(arrival.socket)),
        signal_(manager.io()),
        drained_(manager.io()),
        manager_(manager),
        service_(service),
        address_(std::move(arrival.address)),
        share_(arrival.share) {}

  static net::awaitable<void> run(std::shared_ptr<FrameConnection> self) {
    const ConnectionEntry entry(self->manager_, self, self->share_, self->address_);
    const HandlerEnd end(*self);
    ErrorCode ignored;
    self->socket_.non_blocking(true, ignored);
    self->deadline_ = system_clock().steady() + self->manager_.limits.request_read;
    const bool open = co_await self->upgrade();
    if (open) {
      net::awaitable<void> writer = write_frames(self);
      net::co_spawn(self->manager_.io(), std::move(writer), net::detached);
      co_await self->read_frames();
      const std::shared_ptr<FrameHandler> handler = std::move(self->handler_);
      handler->on_gone();
      co_await self->part();
    }
    self->over_ = true;
    self->drop();
  }

  void send(std::string text, bool droppable) override {
    if (over_ || closing_ || (droppable && queued_ > k_drop_bytes)) return;
    queued_ += text.size();
    outbox_.push_back(std::move(text));
    signal_.cancel();
  }

  void close(std::uint16_t code, std::string reason) override {
    if (over_ || closing_) return;
    closing_.emplace();
    append_close(*closing_, code, reason);
    signal_.cancel();
  }

  void carry(SharedPass pass) override { pass_ = std::move(pass); }

  void sweep(Steady now) override {
    if (now >= deadline_) return drop();
    if (!handler_) return;
    if (manager_.state_of(pass_) != PassState::good) {
      close(k_close_policy, "this key or token is not accepted any more");
      pass_.reset();
    }
    const NetLimits& limits = manager_.limits;
    if (begun_ && now - *begun_ >= limits.request_read)
      return close(k_close_policy, "the message did not arrive in time (limits.request_read)");
    if (pinged_ && now - heard_ >= limits.ping_interval + limits.ping_timeout) return drop();
    if (pinged_ || closing_ || now - heard_ < limits.ping_interval) return;
    pinged_ = true;
    append_frame(control_, Opcode::ping, {});
    signal_.cancel();
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

  void drop() {
    ErrorCode ignored;
    socket_.shutdown(Tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    signal_.cancel();
    drained_.cancel();
  }

  net::awaitable<bool> upgrade() {
    ErrorCode error = co_await read_head(socket_, buffer_, head_);
    if (error && (error != net::error::eof || !head_.begun())) co_return false;
    HttpRequest& request = head_.request();
    request.peer = address_;
    std::optional<HttpResponse> refusal =
        error ? plain_error(400, "malformed request: it ends too early") : refused(request);
    std::string text;
    if (refusal) {
      refusal->headers += request.answer_headers;
      write_head(text, *refusal, Persistence::close);
      if (request.method != "HEAD") text += refusal->body;
    } else {
      text = accept_upgrade(request, service_.choose(request));
    }
    co_await net::async_write(socket_, net::buffer(text), net::redirect_error(net::use_awaitable, error));
    if (error) co_return false;
    if (refusal) {
      deadline_ = system_clock().steady() + k_linger;
      co_await linger(socket_, buffer_);
      co_return false;
    }
    deadline_ = Steady::max();
    heard();
    reader_.set_max(static_cast<std::size_t>(manager_.limits.frame));
    pass_ = request.pass;
    handler_ = service_.connect(shared_from_this(), request);
    head_.reset();
    co_return true;
  }

  std::optional<HttpResponse> refused(HttpRequest& request) {
    if (head_.state() == HeadReader::State::refused) return std::move(head_.refusal());
    if (std::optional<HttpResponse> refusal = service_.admit(request)) return refusal;
    return judge_upgrade(request, head_.framing());
  }

  void heard() {
    heard_ = system_clock().steady();
    pinged_ = false;
  }

  /// Until the peer has closed, broken the rules or left.
  net::awaitable<void> read_frames() {
    constexpr std::uint64_t k_min = 4096, k_max = 65536;
    ErrorCode error;
    for (;;) {
      // What came with the handshake is here already.
      while (buffer_.size() > 0 && !finished_) take_frame();
      if (finished_) co_return;
      while (queued_ > k_pause_bytes && socket_.is_open()) {
        drained_.expires_at(Steady::max());
        co_await drained_.async_wait(net::redirect_error(net::use_awaitable, error));
      }
      if (buffer_.capacity() > k_max) buffer_ = boost::beast::flat_buffer();
      const auto room = static_cast<std::size_t>(std::clamp(reader_.expected(), k_min, k_max));
      const std::size_t count = co_await socket_.async_read_some(
          buffer_.prepare(room), net::redirect_error(net::use_awaitable, error));
      if (error) co_return;
      buffer_.commit(count);
      heard();
    }
  }

  void take_frame() {
    const std::size_t taken = reader_.take({static_cast<const char*>(buffer_.data().data()), buffer_.size()});
    buffer_.consume(taken);
    if (!reader_.within()) begun_.reset();
    if (reader_.within() && !begun_) begun_ = system_clock().steady();
    switch (reader_.event()) {
      case FrameReader::Event::text:
      case FrameReader::Event::binary:
        return take_message();
      case FrameReader::Event::ping:
        // The latest is answered; a peer that does not read its pongs must not fill our memory with them.
        pong_.clear();
        append_frame(pong_, Opcode::pong, reader_.payload());
        signal_.cancel();
        return;
      case FrameReader::Event::close:
        finished_ = true;
        return close(reader_.code(), {});
      case FrameReader::Event::broken:
        finished_ = broken_ = true;
        return close(reader_.code(), reader_.why());
      default:
        return;
    }
  }

  void take_message() {
    // After our close frame nothing of the peer's counts but its own.
    if (closing_) return;
    try {
      if (reader_.event() == FrameReader::Event::text)
        handler_->on_text(reader_.payload());
      else
        handler_->on_binary();
    } catch (const std::exception&) {
      close(1011, "internal error");
    }
  }

  /// Our close frame leaves; a peer that broke the rules is read on for a while so that it sees why.
  net::awaitable<void> part() {
    ErrorCode ignored;
    while (closing_ && !close_sent_ && socket_.is_open()) {
      drained_.expires_at(Steady::max());
      co_await drained_.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }
    if (!broken_ || !socket_.is_open()) co_return;
    deadline_ = system_clock().steady() + k_linger;
    co_await linger(socket_, buffer_);
  }

  /// The next bytes to write, or none: control frames go first, our close frame last.
  bool gather() {
    out_.clear();
    out_.append(pong_).append(control_);
    pong_.clear();
    control_.clear();
    std::size_t taken = 0;
    while (!outbox_.empty() && out_.size() < k_together_bytes) {
      append_frame(out_, Opcode::text, outbox_.front());
      taken += outbox_.front().size();
      outbox_.pop_front();
    }
    writing_ = taken;
    if (outbox_.empty() && closing_ && out_.size() < k_together_bytes) {
      out_ += *closing_;
      last_ = true;
    }
    return !out_.empty();
  }

  static net::awaitable<void> write_frames(std::shared_ptr<FrameConnection> self) {
    ErrorCode error;
    while (!self->over_ && !error && !self->last_) {
      if (!self->gather()) {
        self->signal_.expires_at(Steady::max());
        ErrorCode woken;
        co_await self->signal_.async_wait(net::redirect_error(net::use_awaitable, woken));
        continue;
      }
      self->deadline_ = system_clock().steady() + self->manager_.limits.idle;
      co_await net::async_write(self->socket_, net::buffer(self->out_),
                                net::redirect_error(net::use_awaitable, error));
      self->deadline_ = Steady::max();
      self->queued_ -= self->writing_;
      if (self->out_.capacity() > k_together_bytes) self->out_ = std::string();
      if (self->queued_ <= k_pause_bytes) self->drained_.cancel();
    }
    if (!self->last_ || error) co_return self->drop();
    // The peer has this long for its own close frame.
    self->close_sent_ = true;
    self->deadline_ = system_clock().steady() + self->manager_.limits.ping_timeout;
    self->drained_.cancel();
  }

  Tcp::socket socket_;
  net::steady_timer signal_, drained_;  // cancelled to wake the writer; the reader
  ConnectionManager& manager_;
  FrameService& service_;
  std::string address_;
  Share share_;
  std::shared_ptr<FrameHandler> handler_;
  SharedPass pass_;
  boost::beast::flat_buffer buffer_;
  HeadReader head_;
  FrameReader reader_;
  std::deque<std::string> outbox_;
  std::string out_, pong_, control_;  // being written; waiting to be
  std::size_t queued_ = 0, writing_ = 0;
  std::optional<std::string> closing_;  // our close frame
  Steady deadline_ = Steady::max(), heard_{};
  std::optional<Steady> begun_;  // of the message that is on its way
  bool over_ = false, pinged_ = false;
  bool finished_ = false, broken_ = false;  // the peer's last frame has come; it was a wrong one
  bool last_ = false, close_sent_ = false;  // our close frame is being written; has been
};

}  // namespace

void serve_frames(Arrival arrival, ConnectionManager& manager, FrameService& service) {
  const auto connection = std::make_shared<FrameConnection>(std::move(arrival), manager, service);
  net::awaitable<void> task = FrameConnection::run(connection);
  net::co_spawn(manager.io(), std::move(task), net::detached);
}

}  // namespace exai::serve::net
