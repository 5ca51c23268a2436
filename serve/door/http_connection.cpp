// One HTTP/1.1 connection: reads a request, hands it on, writes the answer, and again.
//
// Coroutines stand in serve/door only and keep three rules (house B.6, B.11; g++ 12 destroys temporaries of
// co_await operands wrongly): the operand is a plain call with names or class temporaries, errors come by
// redirect_error, and parameters are values.
#include "serve/door/exchange.hpp"
#include "serve/door/http_exchange.hpp"
#include "serve/door/http_text.hpp"
#include "serve/door/hub.hpp"

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
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace exai::serve {
namespace {
namespace http_door {

namespace http = boost::beast::http;
using Tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::uint32_t k_header_bytes = 32U << 10U;
constexpr std::size_t k_target_bytes = 8U << 10U;
constexpr std::ptrdiff_t k_header_count = 100;
constexpr std::size_t k_kept_bytes = 4096;  // of a read buffer, between two requests
constexpr Millis k_linger{2000};

// To write an answer wakes its reader, and that costs as much as a tenth of a workflow step when the reader's
// processor has gone to sleep meanwhile. So an answer that took this long lets the requests that have arrived
// go first: those that go out together wake one another's readers once. What is answered at once finds them
// awake, and large answers are better gone from the cache.
constexpr std::chrono::microseconds k_long_work{15};
constexpr std::size_t k_small = std::size_t{16} << 10U;

/// What a broken request is told.
HttpAnswer framing_error(const ErrorCode& error) {
  if (error == http::error::header_limit) return plain_error(431, "the header block is larger than 32 KiB");
  if (error == http::error::body_limit) return plain_error(413, "the body is larger than limits.body allows");
  if (error == http::error::bad_version) return plain_error(505, "this server speaks HTTP/1.1");
  return plain_error(400, "malformed request: " + error.message());
}

class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(Tcp::socket socket, Hub& hub, HttpHandler& handler, std::string address)
      : socket_(std::move(socket)),
        signal_(hub.io()),
        hub_(hub),
        handler_(handler),
        address_(std::move(address)) {}

  static net::awaitable<void> run(std::shared_ptr<HttpConnection> self) {
    const HubEntry entry(self->hub_, self, self->address_);
    self->wait_until(self->hub_.limits.request_read);
    ErrorCode ignored;
    self->socket_.non_blocking(true, ignored);
    bool again = true;
    while (again) again = co_await self->exchange();
    self->socket_.shutdown(Tcp::socket::shutdown_both, ignored);
    self->socket_.close(ignored);
  }

  void sweep(Steady now) override {
    if (reading_ && !begun_ && (buffer_.size() > 0 || (parser_ && parser_->got_some()))) {
      begun_ = true;
      deadline_ = std::min(deadline_, now + hub_.limits.request_read);
    }
    if (now < deadline_) return;
    ErrorCode ignored;
    if (reading_ && begun_) {
      // A best-effort word before closing: the socket's buffer is empty, so it goes out or is not wanted.
      std::string text;
      const HttpAnswer late = plain_error(408, "the request did not arrive in time (limits.request_read)");
      write_head(text, late, false);
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
  void wait_until(Millis patience) { deadline_ = system_clock().steady() + patience; }

  /// One request and its answer; false when the connection is over.
  net::awaitable<bool> exchange() {
    parser_.emplace();
    if (buffer_.size() == 0 && buffer_.capacity() > k_kept_bytes) buffer_ = boost::beast::flat_buffer();
    parser_->header_limit(k_header_bytes);
    parser_->body_limit(hub_.limits.body);
    reading_ = true;
    begun_ = false;
    ErrorCode error = co_await parse(true);
    begun_ = true;
    if (error) co_return co_await broken(error);
    view_request();
    refusal_ = refused_by_head();
    if (refusal_) co_return co_await refuse();
    if (!parser_->is_done()) {
      if (expects_continue_) {
        co_await net::async_write(socket_, net::buffer(k_continue),
                                  net::redirect_error(net::use_awaitable, error));
      }
      error = co_await parse(false);
      if (error) co_return co_await broken(error);
    }
    reading_ = false;
    request_.body = parser_->get().body();
    const bool keep_alive = parser_->get().keep_alive();
    const bool chunked = parser_->get().version() >= 11;
    const auto pending = std::make_shared<PendingAnswer>(chunked, [this] { signal_.cancel(); });
    const Steady began = system_clock().steady();
    give_to_handler(pending);
    const bool small = pending->ended() && !pending->streaming() && pending->whole().body.size() <= k_small;
    if (small && system_clock().steady() - began > k_long_work)
      co_await net::post(net::redirect_error(net::use_awaitable, error));
    if (!pending->ended() && pending->watched()) watch_peer(pending);
    const bool written = co_await write_answer(pending, keep_alive);
    // An answer that could not be written is a peer that left.
    if (!written) pending->gone();
    pending->detach();
    if (watching_) {
      watching_ = false;
      socket_.cancel(error);
    }
    wait_until(hub_.limits.idle);
    co_return written&& keep_alive && !hub_.winding_down() && (chunked || !pending->streaming());
  }

  /// Reads until the parser has the head, or all of the request. One read of the socket at a time and the
  /// parser fed by hand: the library's own composed read costs as much as the rest of a small request.
  net::awaitable<ErrorCode> parse(bool head_only) {
    // What an idle connection holds; a body is read in larger pieces.
    constexpr std::uint64_t k_least = 1024, k_most = 65536;
    parser_->eager(!head_only);
    ErrorCode error;
    while (head_only ? !parser_->is_header_done() : !parser_->is_done()) {
      if (buffer_.size() > 0) {
        const std::size_t taken = parser_->put(buffer_.data(), error);
        buffer_.consume(taken);
        if (error && error != http::error::need_more) co_return error;
        if (!error) continue;
      }
      error = {};
      const std::uint64_t left =
          parser_->is_header_done() ? parser_->content_length_remaining().value_or(k_most) : 0;
      const auto room = static_cast<std::size_t>(std::clamp(left, k_least, k_most));
      const std::size_t count = co_await socket_.async_read_some(
          buffer_.prepare(room), net::redirect_error(net::use_awaitable, error));
      buffer_.commit(count);
      if (error == net::error::eof)
        co_return http::make_error_code(parser_->got_some() || buffer_.size() > 0
                                            ? http::error::partial_message
                                            : http::error::end_of_stream);
      if (error) co_return error;
    }
    co_return ErrorCode();
  }

  void view_request() {
    const auto& message = parser_->get();
    const std::string_view target = message.target();
    const std::size_t mark = target.find('?');
    request_.method = message.method_string();
    request_.path = target.substr(0, mark);
    request_.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    request_.peer = address_;
    request_.headers.clear();
    for (const auto& field : message) request_.headers.emplace_back(field.name_string(), field.value());
  }

  /// Ambiguity about where a request ends is refused, never resolved (request smuggling; design: security
  /// T14).
  std::optional<HttpAnswer> refused_by_head() {
    const auto& message = parser_->get();
    if (message.target().size() > k_target_bytes) return plain_error(414, "the target is longer than 8 KiB");
    if (std::distance(message.begin(), message.end()) > k_header_count)
      return plain_error(431, "more than 100 headers");
    if (message.count(http::field::content_length) > 1 || message.count(http::field::transfer_encoding) > 1 ||
        (message.has_content_length() && message.count(http::field::transfer_encoding) > 0))
      return plain_error(400, "the length of the body is ambiguous");
    const std::string_view expect = request_.header("expect");
    expects_continue_ = !expect.empty();
    if (expects_continue_ && expect != "100-continue")
      return plain_error(417, "this expectation cannot be met");
    return handler_.admit(request_);
  }

  void give_to_handler(const std::shared_ptr<PendingAnswer>& pending) {
    deadline_ = Steady::max();
    try {
      handler_.handle(request_, pending);
    } catch (const std::exception&) {
      pending->answer(plain_error(500, "internal error"));
      pending->finish();
    }
  }

  /// Notices that the peer closes while it waits for its answer. Bytes that come instead are its next
  /// request, which waits; from then on nothing tells a close from silence, until a write fails.
  void watch_peer(const std::shared_ptr<PendingAnswer>& pending) {
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

  net::awaitable<bool> write_answer(std::shared_ptr<PendingAnswer> pending, bool keep_alive) {
    ErrorCode error;
    while (socket_.is_open() && !lost_) {
      if (pending->ended() && !pending->streaming()) co_return co_await write_whole(pending, keep_alive);
      if (pending->has_stream()) {
        pending->take_stream(out_);
        wait_until(hub_.limits.idle);
        co_await net::async_write(socket_, net::buffer(out_), net::redirect_error(net::use_awaitable, error));
        if (error) co_return false;
        deadline_ = Steady::max();
        continue;
      }
      if (pending->ended()) co_return true;
      signal_.expires_after(hub_.limits.quiet);
      co_await signal_.async_wait(net::redirect_error(net::use_awaitable, error));
      if (!error) pending->quiet();
    }
    co_return false;
  }

  net::awaitable<bool> write_whole(std::shared_ptr<PendingAnswer> pending, bool keep_alive) {
    out_.clear();
    write_head(out_, pending->whole(), keep_alive && !hub_.winding_down());
    const std::string& body = pending->whole().body;
    const std::array<net::const_buffer, 2> parts{net::buffer(out_), net::buffer(body)};
    // Most answers fit the socket's buffer and need no waiting.
    ErrorCode error;
    const std::size_t written = socket_.write_some(parts, error);
    if (!error && written == out_.size() + body.size()) co_return true;
    if (error && error != net::error::would_block) co_return false;
    const std::size_t of_body = written > out_.size() ? written - out_.size() : 0;
    const std::array<net::const_buffer, 2> rest{net::buffer(out_) + written, net::buffer(body) + of_body};
    wait_until(hub_.limits.idle);
    co_await net::async_write(socket_, rest, net::redirect_error(net::use_awaitable, error));
    co_return !error;
  }

  /// Reading failed: says why when there is someone to tell.
  net::awaitable<bool> broken(ErrorCode error) {
    if (error.category() != http::make_error_code(http::error::bad_method).category() ||
        error == http::error::end_of_stream || error == http::error::partial_message)
      co_return false;
    refusal_ = framing_error(error);
    co_return co_await refuse();
  }

  /// Answers and ends the connection, without a reset that would lose the answer while the peer still sends.
  net::awaitable<bool> refuse() {
    reading_ = false;
    const bool clean = parser_->is_done() && parser_->get().keep_alive() && refusal_->status != 400;
    out_.clear();
    write_head(out_, *refusal_, clean);
    if (parser_->get().method() != http::verb::head) out_ += refusal_->body;
    wait_until(hub_.limits.idle);
    ErrorCode error;
    co_await net::async_write(socket_, net::buffer(out_), net::redirect_error(net::use_awaitable, error));
    if (error) co_return false;
    wait_until(clean ? hub_.limits.idle : k_linger);
    if (clean) co_return true;
    socket_.shutdown(Tcp::socket::shutdown_send, error);
    buffer_.clear();
    std::size_t taken = 0;
    while (!error && taken < (std::size_t{64} << 20U)) {
      const std::size_t count = co_await socket_.async_read_some(
          buffer_.prepare(65536), net::redirect_error(net::use_awaitable, error));
      taken += count;
    }
    co_return false;
  }

  static constexpr std::string_view k_continue = "HTTP/1.1 100 Continue\r\n\r\n";

  Tcp::socket socket_;
  net::steady_timer signal_;  // cancelled to wake the writer
  Hub& hub_;
  HttpHandler& handler_;
  std::string address_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  HttpRequest request_;
  std::optional<HttpAnswer> refusal_;
  std::string out_;
  Steady deadline_ = Steady::max();
  bool reading_ = false, begun_ = false, expects_continue_ = false;
  bool watching_ = false, lost_ = false;  // lost_: the peer left while somebody cared
};

}  // namespace http_door
}  // namespace

void serve_http(net::ip::tcp::socket socket, Hub& hub, HttpHandler& handler, std::string address) {
  const auto connection =
      std::make_shared<http_door::HttpConnection>(std::move(socket), hub, handler, std::move(address));
  net::awaitable<void> task = http_door::HttpConnection::run(connection);
  net::co_spawn(hub.io(), std::move(task), net::detached);
}

}  // namespace exai::serve
