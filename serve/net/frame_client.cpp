#include "serve/net/frame_client.hpp"

#include "core/deadline.hpp"

#include <deque>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

namespace exai::serve::net {
namespace {

namespace net = boost::asio;
namespace websocket = boost::beast::websocket;
using Tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

class FrameClient final : public FrameSink, public std::enable_shared_from_this<FrameClient> {
 public:
  FrameClient(net::io_context& io, const NetLimits& limits, std::string host, std::string port,
              std::string path, std::size_t max_frame, DialHooks hooks)
      : io_(io),
        stream_(io),
        resolver_(io),
        signal_(io),
        host_(std::move(host)),
        port_(std::move(port)),
        path_(std::move(path)),
        hooks_(std::move(hooks)) {
    stream_.read_message_max(max_frame);
    stream_.auto_fragment(false);
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = limits.request_read;
    // A ping goes out after half of it; whatever the peer sends counts as a sign of life.
    timeout.idle_timeout = limits.ping_interval + limits.ping_timeout;
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
  }

  static net::awaitable<void> run(std::shared_ptr<FrameClient> self) {
    ErrorCode error;
    const bool open = co_await self->open(&error);
    if (open) {
      if (self->hooks_.on_open) self->hooks_.on_open();
      net::awaitable<void> writer = write_all(self);
      net::co_spawn(self->io_, std::move(writer), net::detached);
      boost::beast::flat_buffer buffer;
      for (;;) {
        buffer.clear();
        co_await self->stream_.async_read(buffer, net::redirect_error(net::use_awaitable, error));
        if (error) break;
        const std::string_view text(static_cast<const char*>(buffer.data().data()), buffer.size());
        if (self->hooks_.on_text) self->hooks_.on_text(text);
      }
    }
    self->end(open ? "closed the connection: " + error.message() : "cannot be reached: " + error.message());
  }

  void send(std::string text, bool) override {
    if (over_) return;
    outbox_.push_back(std::move(text));
    signal_.cancel();
  }

  void close(std::uint16_t, std::string) override {
    hooks_ = {};
    end("");
  }

 private:
  net::awaitable<bool> open(ErrorCode* error) {
    const Tcp::resolver::results_type found =
        co_await resolver_.async_resolve(host_, port_, net::redirect_error(net::use_awaitable, *error));
    if (*error) co_return false;
    co_await net::async_connect(stream_.next_layer(), found, net::redirect_error(net::use_awaitable, *error));
    if (*error) co_return false;
    stream_.next_layer().set_option(Tcp::no_delay(true), *error);
    const std::string authority = host_ + ":" + port_;
    co_await stream_.async_handshake(authority, path_, net::redirect_error(net::use_awaitable, *error));
    co_return !*error;
  }

  static net::awaitable<void> write_all(std::shared_ptr<FrameClient> self) {
    ErrorCode error;
    self->stream_.text(true);
    while (!self->over_ && !error) {
      if (self->outbox_.empty()) {
        self->signal_.expires_at(Steady::max());
        ErrorCode woken;
        co_await self->signal_.async_wait(net::redirect_error(net::use_awaitable, woken));
        continue;
      }
      const std::string frame = std::move(self->outbox_.front());
      self->outbox_.pop_front();
      co_await self->stream_.async_write(net::buffer(frame), net::redirect_error(net::use_awaitable, error));
    }
  }

  void end(const std::string& why) {
    if (over_) return;
    over_ = true;
    signal_.cancel();
    resolver_.cancel();
    ErrorCode ignored;
    stream_.next_layer().close(ignored);
    const auto tell = std::move(hooks_.on_lost);
    hooks_ = {};
    if (tell) tell(make_error(ErrorKind::unreachable, why));
  }

  net::io_context& io_;
  websocket::stream<Tcp::socket, false> stream_;  // nobody asks for compression
  Tcp::resolver resolver_;
  net::steady_timer signal_;
  std::string host_, port_, path_;
  DialHooks hooks_;
  std::deque<std::string> outbox_;
  bool over_ = false;
};

}  // namespace

std::shared_ptr<FrameSink> dial_frames(boost::asio::io_context& io, const NetLimits& limits, std::string host,
                                       std::string port, std::string path, std::size_t max_frame,
                                       DialHooks hooks) {
  auto client = std::make_shared<FrameClient>(io, limits, std::move(host), std::move(port), std::move(path),
                                              max_frame, std::move(hooks));
  boost::asio::awaitable<void> task = FrameClient::run(client);
  boost::asio::co_spawn(io, std::move(task), boost::asio::detached);
  return client;
}

}  // namespace exai::serve::net
