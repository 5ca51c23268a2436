#include "io/websocket.hpp"

#include "core/text.hpp"
#include "core/version.hpp"
#include "io/guard.hpp"
#include "io/http.hpp"
#include "io/resolve.hpp"

#include <cstring>
#include <deque>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <fmt/core.h>

namespace exai::io {
namespace websocket_client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using Plain = websocket::stream<beast::tcp_stream>;
using Tls = websocket::stream<beast::ssl_stream<beast::tcp_stream>>;

/// The operations, whichever stream carries them. A read stays pending between calls: to cancel one would
/// lose what it had read.
class Operations {
 public:
  virtual ~Operations() = default;
  virtual Result<void> connect(const Url& url, const WebSocket::Options& options, Deadline deadline) = 0;
  virtual Result<void> send(std::string_view text, Deadline deadline) = 0;
  virtual Result<std::string> receive(Deadline deadline) = 0;
  virtual Result<void> ping(Deadline deadline) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual const std::string& subprotocol() const = 0;
};

constexpr std::size_t k_queued = 1024;  // messages that came while something else was waited for

template <class Stream>
class Client final : public Operations {
 public:
  Client() = default;
  ~Client() override {
    if (stream_) beast::get_lowest_layer(*stream_).close();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<void> connect(const Url& url, const WebSocket::Options& options, Deadline deadline) override;
  Result<void> send(std::string_view text, Deadline deadline) override;
  Result<std::string> receive(Deadline deadline) override;
  Result<void> ping(Deadline deadline) override;
  void close() override;
  [[nodiscard]] const std::string& subprotocol() const override { return subprotocol_; }

 private:
  static constexpr bool k_tls = std::is_same_v<Stream, Tls>;
  Stream& stream() { return *stream_; }
  Result<void> make_stream(const WebSocket::Options& options);
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
    auto ended = std::make_shared<std::optional<error_code>>();
    start([ended](const error_code& problem, const auto&...) { *ended = problem; });
    if (!run_until(deadline, [&] { return ended->has_value(); })) return std::nullopt;
    return *ended;
  }
  [[nodiscard]] Error problem(std::string_view phase, const std::optional<error_code>& code) const;

  asio::io_context loop_{1};
  std::optional<asio::ssl::context> tls_;
  std::optional<Stream> stream_;
  std::string address_, subprotocol_;
  beast::flat_buffer buffer_;
  bool reading_ = false;
  std::optional<error_code> read_error_;
  std::deque<std::string> messages_;
  std::size_t pongs_ = 0;
};

template <class Stream>
Error Client<Stream>::problem(std::string_view phase, const std::optional<error_code>& code) const {
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

template <class Stream>
Result<void> Client<Stream>::make_stream([[maybe_unused]] const WebSocket::Options& options) {
  if constexpr (k_tls) {
    tls_.emplace(asio::ssl::context::tls_client);
    error_code unread;
    if (options.ca_file.empty())
      tls_->set_default_verify_paths();
    else
      tls_->load_verify_file(options.ca_file, unread);
    if (unread)
      return fail(ErrorKind::missing_input,
                  fmt::format("cannot read the authorities in {}: {}", options.ca_file, unread.message()),
                  "a PEM file with the certificate of the authority");
    tls_->set_verify_mode(asio::ssl::verify_peer);
    stream_.emplace(loop_, *tls_);
  } else {
    stream_.emplace(loop_);
  }
  return {};
}

template <class Stream>
Result<void> Client<Stream>::connect(const Url& url, const WebSocket::Options& options, Deadline deadline) {
  address_ = fmt::format("{}:{}", url.host, url.port);
  if (auto made = make_stream(options); !made) return made;
  if (auto reached = reach(url, deadline); !reached) return reached;
  if (auto ready = secure(url, deadline); !ready) return ready;
  return upgrade(url, options, deadline);
}

/// Names are not left to asio: its resolver would hold up the end of the loop while a name server hangs.
template <class Stream>
Result<void> Client<Stream>::reach(const Url& url, Deadline deadline) {
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
  const auto connected = wait_for(deadline, [&](auto handler) {
    beast::get_lowest_layer(stream()).async_connect(endpoints, std::move(handler));
  });
  if (!connected || *connected) return fail(problem("connect", connected));
  beast::get_lowest_layer(stream()).socket().set_option(asio::ip::tcp::no_delay(true));
  return {};
}

template <class Stream>
Result<void> Client<Stream>::secure([[maybe_unused]] const Url& url, [[maybe_unused]] Deadline deadline) {
  if constexpr (k_tls) {
    auto& layer = stream().next_layer();
    layer.set_verify_callback(asio::ssl::host_name_verification(url.host));
    SSL_set_tlsext_host_name(layer.native_handle(), url.host.c_str());
    const auto done = wait_for(deadline, [&](auto handler) {
      layer.async_handshake(asio::ssl::stream_base::client, std::move(handler));
    });
    if (!done || *done)
      return fail(problem("TLS", done)
                      .try_this("the certificate must be signed by a known authority: apt-get install "
                                "ca-certificates, or name yours in "
                                "SSL_CERT_FILE"));
  }
  return {};
}

template <class Stream>
Result<void> Client<Stream>::upgrade(const Url& url, const WebSocket::Options& options, Deadline deadline) {
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
  const auto done = wait_for(deadline, [&](auto handler) {
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

template <class Stream>
void Client<Stream>::keep_reading() {
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

template <class Stream>
Result<void> Client<Stream>::send(std::string_view text, Deadline deadline) {
  if (read_error_) return fail(problem("send", read_error_));
  stream().text(true);
  const auto done = wait_for(deadline, [&](auto handler) {
    stream().async_write(asio::buffer(text.data(), text.size()), std::move(handler));
  });
  if (done && !*done) return {};
  if (!done) {  // half a message is on the wire: nothing sensible can follow it
    beast::get_lowest_layer(stream()).close();
    read_error_ = asio::error::operation_aborted;
    run_until(Deadline::after(Millis{1000}), [&] { return !reading_; });
  }
  return fail(problem("send", done));
}

template <class Stream>
Result<std::string> Client<Stream>::receive(Deadline deadline) {
  keep_reading();
  if (!run_until(deadline, [&] { return !messages_.empty() || read_error_; }))
    return fail(problem("receive", std::nullopt));
  if (messages_.empty()) return fail(problem("receive", read_error_));
  std::string message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

template <class Stream>
Result<void> Client<Stream>::ping(Deadline deadline) {
  const std::size_t before = pongs_;
  const auto sent = wait_for(deadline, [&](auto handler) { stream().async_ping({}, std::move(handler)); });
  if (!sent || *sent) return fail(problem("ping", sent));
  while (pongs_ == before) {
    keep_reading();  // the pong is seen while a message is read
    if (read_error_) return fail(problem("ping", read_error_));
    const bool woke = run_until(deadline, [&] { return pongs_ != before || !reading_; });
    if (!woke || (!reading_ && messages_.size() >= k_queued)) return fail(problem("ping", std::nullopt));
  }
  return {};
}

template <class Stream>
void Client<Stream>::close() {
  if (!stream().is_open()) return;
  (void)wait_for(Deadline::after(Millis{1000}), [&](auto handler) {
    stream().async_close(websocket::close_code::normal, std::move(handler));
  });
}

}  // namespace
}  // namespace websocket_client

struct WebSocket::Impl {
  std::unique_ptr<websocket_client::Operations> operations;
};

WebSocket::WebSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;
WebSocket::~WebSocket() = default;

Result<WebSocket> WebSocket::connect(const std::string& text, const Options& options, Deadline deadline) {
  using namespace websocket_client;
  const Result<Url> url = parse_url(text);
  if (!url) return fail(url.error());
  if (url->scheme != "ws" && url->scheme != "wss")
    return fail(ErrorKind::invalid, "the address of a WebSocket begins with ws:// or wss://");
  if (auto allowed = permit_connection(fmt::format("{}:{}", url->host, url->port)); !allowed)
    return fail(allowed.error());
  try {
    auto impl = std::make_unique<Impl>();
    if (url->scheme == "wss")
      impl->operations = std::make_unique<Client<Tls>>();
    else
      impl->operations = std::make_unique<Client<Plain>>();
    if (auto connected = impl->operations->connect(*url, options, deadline); !connected)
      return fail(connected.error());
    return WebSocket(std::move(impl));
  } catch (const std::exception& broken) {
    return fail(ErrorKind::unreachable,
                fmt::format("cannot open {}:{}: {}", url->host, url->port, broken.what()));
  }
}

const std::string& WebSocket::subprotocol() const {
  return impl_->operations->subprotocol();
}
Result<void> WebSocket::send(std::string_view text, Deadline deadline) {
  return impl_->operations->send(text, deadline);
}
Result<std::string> WebSocket::receive(Deadline deadline) {
  return impl_->operations->receive(deadline);
}
Result<void> WebSocket::ping(Deadline deadline) {
  return impl_->operations->ping(deadline);
}
void WebSocket::close() {
  impl_->operations->close();
}

}  // namespace exai::io
