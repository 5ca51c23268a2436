// One HTTP/1.1 connection: reads a request, hands it on, writes the answer, and again.
//
// Coroutines stand in serve/net only and keep three rules (g++ 12 destroys temporaries of
// co_await operands wrongly): the operand is a plain call with names or class temporaries, errors come by
// redirect_error, and parameters are values.
#include "serve/net/body.hpp"
#include "serve/net/connection_manager.hpp"
#include "serve/net/exchange.hpp"
#include "serve/net/head_read.hpp"
#include "serve/net/http_text.hpp"
#include "serve/net/response_writer.hpp"

#include <array>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>

namespace exai::serve::net {
namespace {

using Tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::size_t k_http_connection_kept_bytes = 4096;  // of a read buffer, between two requests

// To write an answer wakes its reader, and that costs as much as a tenth of a workflow step when the reader's
// processor has gone to sleep meanwhile. So an answer that took this long lets the requests that have arrived
// go first: those that go out together wake one another's readers once. What is answered at once finds them
// awake, and large answers are better gone from the cache.
constexpr std::chrono::microseconds k_long_work{15};
constexpr std::size_t k_small = std::size_t{16} << 10U;

class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(Arrival arrival, ConnectionManager& manager, HttpHandler& handler)
      : socket_(std::move(arrival.socket)),
        signal_(manager.io()),
        manager_(manager),
        handler_(handler),
        address_(std::move(arrival.address)),
        share_(arrival.share) {}

  static net::awaitable<void> run(std::shared_ptr<HttpConnection> self) {
    const ConnectionEntry entry(self->manager_, self, self->share_, self->address_);
    self->wait_until(self->manager_.limits.request_read);
    ErrorCode ignored;
    self->socket_.non_blocking(true, ignored);
    bool again = true;
    while (again) again = co_await self->exchange();
    self->socket_.shutdown(Tcp::socket::shutdown_both, ignored);
    self->socket_.close(ignored);
  }

  void sweep(Steady now) override {
    judge_again();
    if (reading_ && !begun_ && (buffer_.size() > 0 || head_.begun())) {
      begun_ = true;
      deadline_ = std::min(deadline_, now + manager_.limits.request_read);
    }
    if (now < deadline_) return;
    ErrorCode ignored;
    if (reading_ && begun_) {
      // A best-effort word before closing: the socket's buffer is empty, so it goes out or is not wanted.
      std::string text;
      const HttpResponse late = plain_error(408, "the request did not arrive in time (limits.request_read)");
      write_head(text, late, Persistence::close);
      text += late.body;
      socket_.write_some(net::buffer(text), ignored);
    }
    socket_.close(ignored);
    signal_.cancel();
  }

  void wind_down() override {
    if (!reading_ || begun_ || buffer_.size() > 0) return;
    ErrorCode ignored;
    socket_.close(ignored);
  }

 private:
  /// What a key or token has opened ends with it.
  void judge_again() {
    const std::shared_ptr<PendingResponse> pending = pending_.lock();
    if (!pending || pending->ended()) return;
    const PassState state = manager_.state_of(pending->pass());
    if (state == PassState::good || (state == PassState::expired && !pending->stays_open())) return;
    pending->gone();
    if (pending->streaming()) return pending->finish();
    pending->answer(plain_error(401, "this key or token is not accepted any more",
                                "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"));
  }

  void wait_until(Millis patience) { deadline_ = system_clock().steady() + patience; }

  /// One request and its answer; false when the connection is over.
  net::awaitable<bool> exchange() {
    head_.reset();
    if (buffer_.size() == 0 && buffer_.capacity() > k_http_connection_kept_bytes)
      buffer_ = boost::beast::flat_buffer();
    reading_ = true;
    begun_ = false;
    ErrorCode error = co_await read_head(socket_, buffer_, head_);
    begun_ = true;
    if (error) co_return co_await ended_early(error);
    HttpRequest& request = head_.request();
    request.peer = address_;
    refusal_ = refused_by_head();
    if (refusal_) co_return co_await refuse();
    if (body_.state() == BodyReader::State::more) {
      if (head_.framing().expects_continue && buffer_.size() == 0)
        co_await net::async_write(socket_, net::buffer(k_continue),
                                  net::redirect_error(net::use_awaitable, error));
      error = co_await read_body();
      if (error) co_return co_await ended_early(error);
      if (body_.state() == BodyReader::State::refused) {
        refusal_ = std::move(body_.refusal());
        co_return co_await refuse();
      }
    }
    reading_ = false;
    request.body = body_.text();
    const bool chunked = !head_.framing().http10;
    const auto pending = std::make_shared<PendingResponse>(chunked, request.answer_headers, request.pass,
                                                           [this] { signal_.cancel(); });
    pending_ = pending;
    const Steady began = system_clock().steady();
    give_to_handler(pending);
    const bool small = pending->ended() && !pending->streaming() && pending->whole().body.size() <= k_small;
    if (small && system_clock().steady() - began > k_long_work)
      co_await net::post(net::redirect_error(net::use_awaitable, error));
    if (!pending->ended() && pending->watched()) watch_peer(pending);
    const bool written = co_await write_answer(pending);
    // An answer that could not be written is a peer that left.
    if (!written) pending->gone();
    pending->detach();
    if (watching_) {
      watching_ = false;
      socket_.cancel(error);
    }
    wait_until(manager_.limits.idle);
    co_return written&& head_.framing().keep_alive && !manager_.winding_down() &&
        (chunked || !pending->streaming());
  }

  /// Reads until the body is whole or refused.
  net::awaitable<ErrorCode> read_body() {
    constexpr std::uint64_t k_min = 1024, k_max = 65536;
    ErrorCode error;
    for (;;) {
      if (buffer_.size() > 0)
        buffer_.consume(body_.take({static_cast<const char*>(buffer_.data().data()), buffer_.size()}));
      if (body_.state() != BodyReader::State::more) co_return error;
      const std::uint64_t wanted = head_.framing().chunked ? k_max : body_.expected();
      const auto room = static_cast<std::size_t>(std::clamp(wanted, k_min, k_max));
      const std::size_t count = co_await socket_.async_read_some(
          buffer_.prepare(room), net::redirect_error(net::use_awaitable, error));
      buffer_.commit(count);
      if (error) co_return error;
    }
  }

  /// Nothing of the body has been read yet, and of a request that is refused nothing will be.
  std::optional<HttpResponse> refused_by_head() {
    if (head_.state() == HeadReader::State::refused) return std::move(head_.refusal());
    body_.begin(head_.framing(), manager_.limits.body);
    if (body_.state() == BodyReader::State::refused) return std::move(body_.refusal());
    return handler_.admit(head_.request());
  }

  void give_to_handler(const std::shared_ptr<PendingResponse>& pending) {
    deadline_ = Steady::max();
    try {
      handler_.handle(head_.request(), pending);
    } catch (const std::exception&) {
      pending->answer(plain_error(500, "internal error"));
      pending->finish();
    }
  }

  /// Notices that the peer closes while it waits for its answer. Bytes that come instead are its next
  /// request, which waits; from then on nothing tells a close from silence, until a write fails.
  void watch_peer(const std::shared_ptr<PendingResponse>& pending) {
    watching_ = true;
    const std::shared_ptr<HttpConnection> self = shared_from_this();
    socket_.async_wait(Tcp::socket::wait_read, [self, pending](const ErrorCode& error) {
      if (error || !self->watching_) return;
      self->watching_ = false;
      char byte = 0;
      ErrorCode read_error;
      self->socket_.receive(net::buffer(&byte, 1), Tcp::socket::message_peek, read_error);
      if (!read_error || read_error == net::error::would_block) return;
      self->lost_ = true;
      pending->gone();
      self->signal_.cancel();
    });
  }

  net::awaitable<bool> write_answer(std::shared_ptr<PendingResponse> pending) {
    ErrorCode error;
    while (socket_.is_open() && !lost_) {
      if (pending->ended() && !pending->streaming()) co_return co_await write_whole(pending);
      if (pending->has_stream()) {
        pending->take_stream(out_);
        wait_until(manager_.limits.idle);
        co_await net::async_write(socket_, net::buffer(out_), net::redirect_error(net::use_awaitable, error));
        if (error) co_return false;
        deadline_ = Steady::max();
        continue;
      }
      if (pending->ended()) co_return true;
      signal_.expires_after(manager_.limits.quiet);
      co_await signal_.async_wait(net::redirect_error(net::use_awaitable, error));
      if (!error) pending->quiet();
    }
    co_return false;
  }

  [[nodiscard]] bool is_head() const { return head_.request().method == "HEAD"; }
  [[nodiscard]] Persistence persistence(bool keep_alive) const {
    if (!keep_alive || manager_.winding_down()) return Persistence::close;
    return head_.framing().http10 ? Persistence::keep_announced : Persistence::keep;
  }

  net::awaitable<bool> write_whole(std::shared_ptr<PendingResponse> pending) {
    out_.clear();
    if (!head_.request().answer_headers.empty()) pending->whole().headers += head_.request().answer_headers;
    write_head(out_, pending->whole(), persistence(head_.framing().keep_alive));
    // The answer to HEAD has the head of the answer to GET and ends there.
    if (is_head()) pending->whole().body.clear();
    const std::string& body = pending->whole().body;
    const std::array<net::const_buffer, 2> parts{net::buffer(out_), net::buffer(body)};
    // Most answers fit the socket's buffer and need no waiting.
    ErrorCode error;
    const std::size_t written = socket_.write_some(parts, error);
    if (!error && written == out_.size() + body.size()) co_return true;
    if (error && error != net::error::would_block) co_return false;
    const std::size_t of_body = written > out_.size() ? written - out_.size() : 0;
    const std::array<net::const_buffer, 2> rest{net::buffer(out_) + written, net::buffer(body) + of_body};
    wait_until(manager_.limits.idle);
    co_await net::async_write(socket_, rest, net::redirect_error(net::use_awaitable, error));
    co_return !error;
  }

  /// The peer ended in the middle of a request: answers, if it still reads.
  net::awaitable<bool> ended_early(ErrorCode error) {
    if (error != net::error::eof || !head_.begun()) co_return false;
    refusal_ = plain_error(400, "malformed request: it ends too early");
    co_return co_await refuse();
  }

  /// Answers without the handler. The connection stays open only where it is certain where the next request
  /// begins.
  net::awaitable<bool> refuse() {
    reading_ = false;
    const bool clean = head_.state() == HeadReader::State::done && !head_.framing().has_body() &&
                       head_.framing().keep_alive && refusal_->status != 400 && !manager_.winding_down();
    out_.clear();
    refusal_->headers += head_.request().answer_headers;
    write_head(out_, *refusal_, persistence(clean));
    if (!is_head()) out_ += refusal_->body;
    wait_until(manager_.limits.idle);
    ErrorCode error;
    co_await net::async_write(socket_, net::buffer(out_), net::redirect_error(net::use_awaitable, error));
    if (error) co_return false;
    wait_until(clean ? manager_.limits.idle : k_linger);
    if (clean) co_return true;
    co_await linger(socket_, buffer_);
    co_return false;
  }

  static constexpr std::string_view k_continue = "HTTP/1.1 100 Continue\r\n\r\n";

  Tcp::socket socket_;
  net::steady_timer signal_;  // cancelled to wake the writer
  ConnectionManager& manager_;
  HttpHandler& handler_;
  std::string address_;
  Share share_;
  boost::beast::flat_buffer buffer_;
  HeadReader head_;
  BodyReader body_;
  std::optional<HttpResponse> refusal_;
  std::string out_;
  std::weak_ptr<PendingResponse> pending_;
  Steady deadline_ = Steady::max();
  bool reading_ = false, begun_ = false;
  bool watching_ = false, lost_ = false;  // lost_: the peer left while a handler was at work
};

}  // namespace

void serve_http(Arrival arrival, ConnectionManager& manager, HttpHandler& handler) {
  const auto connection = std::make_shared<HttpConnection>(std::move(arrival), manager, handler);
  net::awaitable<void> task = HttpConnection::run(connection);
  net::co_spawn(manager.io(), std::move(task), net::detached);
}

}  // namespace exai::serve::net
