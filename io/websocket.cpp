#include "io/websocket.hpp"

#include "core/text.hpp"
#include "core/version.hpp"
#include "io/guard.hpp"
#include "io/http.hpp"
#include "io/resolve.hpp"

#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/core.h>

namespace exai::io {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using Done = std::function<void(error_code, std::size_t)>;

/// A connection, plain or under TLS, as one type: Beast's protocol is compiled once for it, and takes a
/// minute for each type it is compiled for.
class Transport {
 public:
  using executor_type = asio::io_context::executor_type;
  explicit Transport(asio::io_context& loop) : socket(loop) {}
  executor_type get_executor() { return executor_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, asio::mutable_buffer into) { read(into, erased(std::move(handler))); }, token,
        first_of<asio::mutable_buffer>(buffers));
  }
  /// Gathers what is in pieces, so that the head of a frame is not a packet of its own.
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    asio::const_buffer whole = first_of<asio::const_buffer>(buffers);
    if (whole.size() < k_gathered) {
      gathered_.resize(k_gathered);
      gathered_.resize(asio::buffer_copy(asio::buffer(gathered_), buffers));
      whole = asio::buffer(gathered_);
    }
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, asio::const_buffer from) { write(from, erased(std::move(handler))); }, token,
        whole);
  }
  /// Says goodbye below the WebSocket, and does not wait for an answer.
  void end() {
    error_code ignored;
    socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  }

  asio::ip::tcp::socket socket;
  std::optional<asio::ssl::context> authorities;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls;

 private:
  static constexpr std::size_t k_gathered = std::size_t{64} << 10U;
  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (auto piece = asio::buffer_sequence_begin(buffers); piece != asio::buffer_sequence_end(buffers);
         ++piece)
      if (const Buffer one(*piece); one.size() > 0) return one;
    return {};
  }
  template <class Handler>
  static Done erased(Handler handler) {
    const auto kept = std::make_shared<Handler>(std::move(handler));
    return [kept](error_code code, std::size_t size) { std::move (*kept)(code, size); };
  }
  void read(asio::mutable_buffer into, Done done) {
    if (tls)
      tls->async_read_some(into, std::move(done));
    else
      socket.async_read_some(into, std::move(done));
  }
  void write(asio::const_buffer from, Done done) {
    if (tls)
      tls->async_write_some(from, std::move(done));
    else
      socket.async_write_some(from, std::move(done));
  }

  executor_type executor_{static_cast<asio::io_context&>(socket.get_executor().context()).get_executor()};
  std::string gathered_;
};

/// How Beast ends a connection (found by the name of its argument).
template <class Handler>
void async_teardown(beast::role_type /*role*/, Transport& transport, Handler&& handler) {
  transport.end();
  asio::post(transport.get_executor(),
             [done = std::forward<Handler>(handler)]() mutable { done(error_code()); });
}
void beast_close_socket(Transport& transport) {
  error_code ignored;
  transport.socket.close(ignored);
}

using Stream = websocket::stream<Transport, false>;  // nobody asks for compression

constexpr std::size_t k_queued = 1024;  // messages that came while something else was waited for

/// How an operation ended; of one type for all of them.
struct Ended {
  std::shared_ptr<std::optional<error_code>> code;
  template <class... More>
  void operator()(const error_code& problem, const More&... /*more*/) const {
    *code = problem;
  }
};

/// The operations. A read stays pending between calls: to cancel one would lose what it had read.
class Client {
 public:
  Client() = default;
  ~Client() { cut(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<void> connect(const Url& url, const WebSocket::Options& options, Deadline deadline);
  Result<void> send(std::string_view text, Deadline deadline);
  Result<std::string> receive(Deadline deadline);
  Result<void> ping(Deadline deadline);
  void close();
  [[nodiscard]] const std::string& subprotocol() const { return subprotocol_; }

 private:
  Stream& stream() { return *stream_; }
  Transport& transport() { return stream_->next_layer(); }
  void cut() {
    error_code ignored;
    if (stream_) transport().socket.close(ignored);
  }
  Result<void> prepare_tls(const WebSocket::Options& options);
  Result<void> reach(const Url& url, Deadline deadline);
  Result<void> secure(const Url& url, Deadline deadline);
  Result<void> upgrade(const Url& url, const WebSocket::Options& options, Deadline deadline);
  void keep_reading();
  /// Runs the loop until `done` says so; false at the deadline.
  template <class Done>
  bool run_until(Deadline deadline, Done done) {
    while (!done()) {
      if (loop_.stopped()) loop_.restart();
      if (deadline.passed() || loop_.run_one_until(deadline.at()) == 0) return done();
    }
    return true;
  }
  /// Starts one operation and waits for it; the error, or nothing at the deadline.
  template <class Start>
  std::optional<error_code> wait_for(Deadline deadline, Start start) {
    const Ended handler{std::make_shared<std::optional<error_code>>()};
    start(handler);
    if (!run_until(deadline, [&] { return handler.code->has_value(); })) return std::nullopt;
    return *handler.code;
  }
  [[nodiscard]] Error problem(std::string_view phase, const std::optional<error_code>& code) const;

  asio::io_context loop_{1};
  std::optional<Stream> stream_;
  std::string address_, subprotocol_;
  beast::flat_buffer buffer_;
  bool reading_ = false;
  std::optional<error_code> read_error_;
  std::deque<std::string> messages_;
  std::size_t pongs_ = 0;
};

Error Client::problem(std::string_view phase, const std::optional<error_code>& code) const {
  if (!code) return make_error(ErrorKind::timeout, fmt::format("{} took too long: {}", phase, address_));
  if (*code == websocket::error::buffer_overflow)
    return make_error(ErrorKind::invalid,
                      fmt::format("the message of {} is larger than {} bytes", address_, buffer_.max_size()),
                      "ask for less at once");
  std::string hint;
  if (*code == asio::error::connection_refused) hint = "nothing listens there; is the server running?";
  if (*code == websocket::error::closed && stream_) {
    const auto& reason = stream_->reason();
    return make_error(ErrorKind::unreachable,
                      fmt::format("{} closed the connection: code {}, reason '{}'", address_, reason.code,
                                  printable(std::string_view(reason.reason.data(), reason.reason.size()))));
  }
  return make_error(ErrorKind::unreachable,
                    fmt::format("{} failed: {}: {}", phase, address_, code->message()), std::move(hint));
}

Result<void> Client::prepare_tls(const WebSocket::Options& options) {
  asio::ssl::context& authorities = transport().authorities.emplace(asio::ssl::context::tls_client);
  error_code unread;
  if (options.ca_file.empty())
    authorities.set_default_verify_paths();
  else
    authorities.load_verify_file(options.ca_file, unread);
  if (unread)
    return fail(ErrorKind::missing_input,
                fmt::format("cannot read the authorities in {}: {}", options.ca_file, unread.message()),
                "a PEM file with the certificate of the authority");
  authorities.set_verify_mode(asio::ssl::verify_peer);
  return {};
}

Result<void> Client::connect(const Url& url, const WebSocket::Options& options, Deadline deadline) {
  address_ = fmt::format("{}:{}", url.host, url.port);
  stream_.emplace(loop_);
  const bool tls = url.scheme == "wss";
  if (tls)
    if (auto ready = prepare_tls(options); !ready) return ready;
  if (auto reached = reach(url, deadline); !reached) return reached;
  if (tls)
    if (auto ready = secure(url, deadline); !ready) return ready;
  return upgrade(url, options, deadline);
}

/// Names are not left to asio: its resolver would hold up the end of the loop while a name server hangs.
Result<void> Client::reach(const Url& url, Deadline deadline) {
  const Result<std::vector<SocketAddress>> found = resolve(url.host, url.port, deadline);
  if (!found) return fail(found.error());
  std::vector<asio::ip::tcp::endpoint> endpoints;
  for (const SocketAddress& address : *found) {
    asio::ip::tcp::endpoint endpoint;
    if (address.size() > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), address.data(), address.size());
    endpoint.resize(address.size());
    endpoints.push_back(endpoint);
  }
  const auto connected = wait_for(deadline, [&](Ended handler) {
    asio::async_connect(transport().socket, endpoints, std::move(handler));
  });
  if (!connected || *connected) return fail(problem("connect", connected));
  transport().socket.set_option(asio::ip::tcp::no_delay(true));
  return {};
}

Result<void> Client::secure(const Url& url, Deadline deadline) {
  auto& layer = transport().tls.emplace(transport().socket, *transport().authorities);
  layer.set_verify_callback(asio::ssl::host_name_verification(url.host));
  SSL_set_tlsext_host_name(layer.native_handle(), url.host.c_str());
  const auto done = wait_for(deadline, [&](Ended handler) {
    layer.async_handshake(asio::ssl::stream_base::client, std::move(handler));
  });
  if (!done || *done)
    return fail(problem("TLS", done)
                    .try_this("the certificate must be signed by a known authority: apt-get install "
                              "ca-certificates, or name yours in SSL_CERT_FILE"));
  return {};
}

Result<void> Client::upgrade(const Url& url, const WebSocket::Options& options, Deadline deadline) {
  // The buffer is the limit: Beast's own would shut the stream down first and report what came of that.
  stream().read_message_max(0);
  buffer_.max_size(options.max_message);
  stream().set_option(websocket::stream_base::decorator([&options](websocket::request_type& request) {
    request.set(beast::http::field::user_agent, "exai/" + std::string(version()));
    if (!options.subprotocol.empty())
      request.set(beast::http::field::sec_websocket_protocol, options.subprotocol);
    for (const auto& [name, value] : options.headers) request.set(name, value);
  }));
  stream().control_callback([this](websocket::frame_type kind, std::string_view) {
    if (kind == websocket::frame_type::pong) ++pongs_;
  });
  websocket::response_type response;
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  const auto done = wait_for(deadline, [&](Ended handler) {
    stream().async_handshake(response, host + ":" + url.port, url.path, std::move(handler));
  });
  if (done && *done == websocket::error::upgrade_declined)
    return fail(response.result_int() == 401 || response.result_int() == 403 ? ErrorKind::refused
                                                                             : ErrorKind::unreachable,
                fmt::format("{} answered HTTP {} instead of a WebSocket", address_, response.result_int()),
                "check the path and the token");
  if (!done || *done) return fail(problem("WebSocket handshake", done));
  const auto chosen = response[beast::http::field::sec_websocket_protocol];
  subprotocol_.assign(chosen.data(), chosen.size());
  if (options.subprotocol_required && subprotocol_ != options.subprotocol && !options.subprotocol.empty())
    return fail(ErrorKind::unreachable,
                fmt::format("{} does not speak the subprotocol {}", address_, options.subprotocol));
  return {};
}

void Client::keep_reading() {
  if (reading_ || read_error_ || messages_.size() >= k_queued) return;
  reading_ = true;
  stream().async_read(buffer_, [this](const error_code& code, std::size_t) {
    reading_ = false;
    if (code) {
      read_error_ = code;
      return;
    }
    messages_.push_back(beast::buffers_to_string(buffer_.data()));
    buffer_.consume(buffer_.size());
  });
}

Result<void> Client::send(std::string_view text, Deadline deadline) {
  if (read_error_) return fail(problem("send", read_error_));
  stream().text(true);
  const auto done = wait_for(deadline, [&](Ended handler) {
    stream().async_write(asio::buffer(text.data(), text.size()), std::move(handler));
  });
  if (done && !*done) return {};
  if (!done) {  // half a message is on the wire: nothing sensible can follow it
    cut();
    read_error_ = asio::error::operation_aborted;
    run_until(Deadline::after(Millis{1000}), [&] { return !reading_; });
  }
  return fail(problem("send", done));
}

Result<std::string> Client::receive(Deadline deadline) {
  keep_reading();
  if (!run_until(deadline, [&] { return !messages_.empty() || read_error_; }))
    return fail(problem("receive", std::nullopt));
  if (messages_.empty()) return fail(problem("receive", read_error_));
  std::string message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

Result<void> Client::ping(Deadline deadline) {
  const std::size_t before = pongs_;
  const auto sent = wait_for(deadline, [&](Ended handler) { stream().async_ping({}, std::move(handler)); });
  if (!sent || *sent) return fail(problem("ping", sent));
  while (pongs_ == before) {
    keep_reading();  // the pong is seen while a message is read
    if (read_error_) return fail(problem("ping", read_error_));
    const bool woke = run_until(deadline, [&] { return pongs_ != before || !reading_; });
    if (!woke || (!reading_ && messages_.size() >= k_queued)) return fail(problem("ping", std::nullopt));
  }
  return {};
}

void Client::close() {
  if (!stream().is_open()) return;
  (void)wait_for(Deadline::after(Millis{1000}), [&](Ended handler) {
    stream().async_close(websocket::close_code::normal, std::move(handler));
  });
}

}  // namespace

struct WebSocket::Impl {
  Client client;
};

WebSocket::WebSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;
WebSocket::~WebSocket() = default;

Result<WebSocket> WebSocket::connect(const std::string& text, const Options& options, Deadline deadline) {
  const Result<Url> url = parse_url(text);
  if (!url) return fail(url.error());
  if (url->scheme != "ws" && url->scheme != "wss")
    return fail(ErrorKind::invalid, "the address of a WebSocket begins with ws:// or wss://");
  if (auto allowed = permit(fmt::format("connect to {}:{}", url->host, url->port)); !allowed)
    return fail(allowed.error());
  try {
    auto impl = std::make_unique<Impl>();
    if (auto connected = impl->client.connect(*url, options, deadline); !connected)
      return fail(connected.error());
    return WebSocket(std::move(impl));
  } catch (const std::exception& broken) {
    return fail(ErrorKind::unreachable,
                fmt::format("cannot open {}:{}: {}", url->host, url->port, broken.what()));
  }
}

const std::string& WebSocket::subprotocol() const {
  return impl_->client.subprotocol();
}
Result<void> WebSocket::send(std::string_view text, Deadline deadline) {
  return impl_->client.send(text, deadline);
}
Result<std::string> WebSocket::receive(Deadline deadline) {
  return impl_->client.receive(deadline);
}
Result<void> WebSocket::ping(Deadline deadline) {
  return impl_->client.ping(deadline);
}
void WebSocket::close() {
  impl_->client.close();
}

}  // namespace exai::io
