#include "io/stream.hpp"

#include "io/guard.hpp"
#include "io/poll_until.hpp"
#include "io/resolve.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

namespace exai::io {
namespace {

/// An open descriptor, closed with the object.
class StreamSocket {
 public:
  StreamSocket() = default;
  explicit StreamSocket(int descriptor) : descriptor_(descriptor) {}
  StreamSocket(StreamSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  StreamSocket& operator=(StreamSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  StreamSocket(const StreamSocket&) = delete;
  StreamSocket& operator=(const StreamSocket&) = delete;
  ~StreamSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

using TlsSession = std::unique_ptr<SSL, void (*)(SSL*)>;
using TlsContext = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

/// How a wait or a try ended.
enum class StreamTurn : std::uint8_t { done, readable, writable, late, stopped, broken };

/// One operation on the way: what it is called, since when, and how long it may take.
struct StreamAttempt {
  std::string_view phase;
  const Patience& patience;
  Steady began = system_clock().steady();

  [[nodiscard]] Micros elapsed() const {
    return std::chrono::duration_cast<Micros>(system_clock().steady() - began);
  }
  [[nodiscard]] std::string took() const {
    return format_duration(std::chrono::duration_cast<Millis>(elapsed()));
  }
};

std::string stream_errno(int code) {
  return std::generic_category().message(code);
}

/// Why OpenSSL failed, in its own words.
std::string openssl_text() {
  const unsigned long code = ERR_peek_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "the connection was closed" : reason;
}

bool is_numeric_host(const std::string& host) {
  in6_addr six{};
  in_addr four{};
  return ::inet_pton(AF_INET, host.c_str(), &four) == 1 || ::inet_pton(AF_INET6, host.c_str(), &six) == 1;
}

/// For a handshake that failed: the certificate, the peer's wish for ours, or a peer without TLS.
std::string tls_hint(long verdict, int reason, const StreamTarget& target) {
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return fmt::format("the certificate is for another name than {}; use the name that it is for",
                       target.host);
  if (verdict != X509_V_OK)
    return "the certificate must be signed by a known authority: apt-get install ca-certificates, or name "
           "yours as the CA file";
  constexpr std::array k_other_protocol{SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST,
                                        SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_UNEXPECTED_EOF_WHILE_READING};
  if (reason == 0 ||
      std::find(k_other_protocol.begin(), k_other_protocol.end(), reason) != k_other_protocol.end())
    return target.no_tls;
  return {};
}

}  // namespace

struct Stream::Impl {
  explicit Impl(StreamTarget where) : target(std::move(where)) {}

  StreamTarget target;
  StreamSocket socket, wake{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  TlsSession tls{nullptr, SSL_free};
  StreamTimes times{};

  Result<void> open(const Patience& patience);
  Result<void> reach(const Patience& patience);
  Result<void> reach_socket(const Patience& patience);
  Result<void> secure(const Patience& patience);
  Result<void> prepare_tls();
  StreamTurn connect_to(const sockaddr* address, socklen_t size, const Patience& patience);
  StreamTurn wait(short events, const Patience& patience);
  /// Tries until it is done: `step` says what it waits for.
  template <class Step>
  StreamTurn drive(const Patience& patience, Step step) {
    for (;;) {
      if (patience.stop.stop_requested()) return StreamTurn::stopped;
      if (patience.deadline.passed()) return StreamTurn::late;
      const StreamTurn wanted = step();
      if (wanted != StreamTurn::readable && wanted != StreamTurn::writable) return wanted;
      const StreamTurn woken = wait(wanted == StreamTurn::readable ? POLLIN : POLLOUT, patience);
      if (woken != StreamTurn::done) return woken;
    }
  }
  /// One try to read or to write; `count` gets how many bytes, 0 for a connection that ended.
  StreamTurn try_read(std::span<char> into, std::size_t& count);
  StreamTurn try_write(std::string_view bytes, std::size_t& count);
  [[nodiscard]] StreamTurn tls_turn(int result) const;
  [[nodiscard]] Error problem(StreamTurn turn, const StreamAttempt& attempt, std::string_view why) const;
};

Error Stream::Impl::problem(StreamTurn turn, const StreamAttempt& attempt, std::string_view why) const {
  if (turn == StreamTurn::stopped)
    return make_error(ErrorKind::cancelled,
                      fmt::format("the request to {} was cancelled in phase {}, after {}", target.name,
                                  attempt.phase, attempt.took()));
  if (turn == StreamTurn::late)
    return make_error(ErrorKind::timeout,
                      fmt::format("no answer from {} in time: phase {} was not over after {}", target.name,
                                  attempt.phase, attempt.took()));
  return make_error(ErrorKind::unreachable, fmt::format("cannot reach {}: {} failed after {}: {}",
                                                        target.name, attempt.phase, attempt.took(), why));
}

/// Until the socket is ready, the deadline comes or a stop is asked for.
StreamTurn Stream::Impl::wait(short events, const Patience& patience) {
  constexpr long long k_slice = 60'000;
  const std::stop_callback ring(patience.stop, [this] {
    const std::uint64_t one = 1;
    (void)!::write(wake.get(), &one, sizeof one);
  });
  for (;;) {
    std::array<pollfd, 2> items{pollfd{socket.get(), events, 0}, pollfd{wake.get(), POLLIN, 0}};
    const auto left = static_cast<int>(std::min<long long>(patience.deadline.left().count(), k_slice));
    const int ready = ::poll(items.data(), items.size(), left);
    if (ready < 0 && errno != EINTR) return StreamTurn::broken;
    if (patience.stop.stop_requested()) return StreamTurn::stopped;
    if (ready > 0 && items[1].revents != 0) {  // the bell of a wait that is over
      std::uint64_t rung = 0;
      (void)!::read(wake.get(), &rung, sizeof rung);
    }
    if (ready > 0 && items[0].revents != 0) return StreamTurn::done;
    if (patience.deadline.passed()) return StreamTurn::late;
  }
}

StreamTurn Stream::Impl::connect_to(const sockaddr* address, socklen_t size, const Patience& patience) {
  socket = StreamSocket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return StreamTurn::broken;
  if (::connect(socket.get(), address, size) == 0) return StreamTurn::done;
  if (errno != EINPROGRESS) return StreamTurn::broken;
  const StreamTurn woken = wait(POLLOUT, patience);
  if (woken != StreamTurn::done) return woken;
  int code = 0;
  socklen_t length = sizeof code;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &length);
  errno = code;
  return code == 0 ? StreamTurn::done : StreamTurn::broken;
}

Result<void> Stream::Impl::reach_socket(const Patience& patience) {
  const StreamAttempt attempt{"connect", patience};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (target.socket.size() >= sizeof address.sun_path)
    return fail(ErrorKind::invalid, fmt::format("the path of the socket {} is too long", target.name));
  std::memcpy(address.sun_path, target.socket.c_str(), target.socket.size() + 1);
  const StreamTurn turn = connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, patience);
  times.connect = attempt.elapsed();
  if (turn == StreamTurn::done) return {};
  const int code = errno;
  return fail(problem(turn, attempt, stream_errno(code))
                  .try_this(code == EACCES ? "may this user read and write the socket?"
                                           : "does the service run, and with that socket?"));
}

/// Every address has its share of the time, so that one that keeps silent does not take it from the others.
Result<void> Stream::Impl::reach(const Patience& patience) {
  const StreamAttempt resolving{"resolve", patience};
  Result<std::vector<SocketAddress>> found =
      resolve(target.host, std::to_string(target.port), patience.deadline, system_lookup, patience.stop);
  times.resolve = resolving.elapsed();
  if (!found) {
    found.error().message += fmt::format(", after {}", resolving.took());
    return fail(std::move(found.error()));
  }
  const StreamAttempt connecting{"connect", patience};
  StreamTurn turn = StreamTurn::broken;
  int code = 0;
  for (std::size_t at = 0; at < found->size(); ++at) {
    const SocketAddress& address = (*found)[at];
    const auto others = static_cast<long long>(found->size() - at);
    const Patience share{patience.deadline.within(patience.deadline.left() / others), patience.stop};
    turn = connect_to(reinterpret_cast<const sockaddr*>(address.data()),
                      static_cast<socklen_t>(address.size()), share);
    code = errno;
    if (turn == StreamTurn::done || turn == StreamTurn::stopped) break;
  }
  times.connect = connecting.elapsed();
  if (turn != StreamTurn::done)
    return fail(problem(turn, connecting, stream_errno(code))
                    .try_this(turn == StreamTurn::late
                                  ? "does a firewall drop the packets? check address and port"
                                  : "check that the service runs and that the address and port are right"));
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  return {};
}

Result<void> Stream::Impl::prepare_tls() {
  ERR_clear_error();
  const TlsContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) return fail(ErrorKind::internal, "OpenSSL gave no context: " + openssl_text());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool read = target.ca_file.empty()
                        ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                        : SSL_CTX_load_verify_file(context.get(), target.ca_file.c_str()) == 1;
  if (!read)
    return fail(ErrorKind::missing_input,
                fmt::format("cannot read the authorities in {}: {}", target.ca_file, openssl_text()),
                "a PEM file with the certificate of the authority");
  tls.reset(SSL_new(context.get()));
  const bool number = is_numeric_host(target.host);
  const bool named =
      tls && (number ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls.get()), target.host.c_str()) == 1
                     : SSL_set1_host(tls.get(), target.host.c_str()) == 1 &&
                           SSL_set_tlsext_host_name(tls.get(), target.host.c_str()) == 1);
  if (!named || SSL_set_fd(tls.get(), socket.get()) != 1)
    return fail(ErrorKind::internal, fmt::format("OpenSSL did not take {}: {}", target.name, openssl_text()));
  return {};
}

StreamTurn Stream::Impl::tls_turn(int result) const {
  switch (SSL_get_error(tls.get(), result)) {
    case SSL_ERROR_NONE:
      return StreamTurn::done;
    case SSL_ERROR_WANT_READ:
      return StreamTurn::readable;
    case SSL_ERROR_WANT_WRITE:
      return StreamTurn::writable;
    default:
      return StreamTurn::broken;
  }
}

Result<void> Stream::Impl::secure(const Patience& patience) {
  if (auto ready = prepare_tls(); !ready) return ready;
  const StreamAttempt attempt{"TLS", patience};
  const IgnoreBrokenPipe no_signal;
  const StreamTurn turn = drive(patience, [this] {
    ERR_clear_error();
    return tls_turn(SSL_connect(tls.get()));
  });
  times.tls = attempt.elapsed();
  if (turn == StreamTurn::done) return {};
  const long verdict = SSL_get_verify_result(tls.get());
  const std::string why =
      verdict == X509_V_OK ? openssl_text()
                           : fmt::format("certificate refused: {}", X509_verify_cert_error_string(verdict));
  std::string hint = turn == StreamTurn::broken ? tls_hint(verdict, ERR_GET_REASON(ERR_peek_error()), target)
                     : turn == StreamTurn::late ? target.no_tls
                                                : std::string();
  return fail(problem(turn, attempt, why).try_this(std::move(hint)));
}

Result<void> Stream::Impl::open(const Patience& patience) {
  if (!wake.is_open()) return fail(ErrorKind::internal, "no descriptor is left: " + stream_errno(errno));
  auto reached = target.socket.empty() ? reach(patience) : reach_socket(patience);
  return reached && target.tls ? secure(patience) : reached;
}

StreamTurn Stream::Impl::try_read(std::span<char> into, std::size_t& count) {
  if (tls) {
    ERR_clear_error();
    const IgnoreBrokenPipe no_signal;
    const StreamTurn turn = tls_turn(SSL_read_ex(tls.get(), into.data(), into.size(), &count));
    const bool ended = turn == StreamTurn::broken &&
                       (SSL_get_error(tls.get(), 0) == SSL_ERROR_ZERO_RETURN ||
                        ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
    if (!ended) return turn;
    count = 0;
    return StreamTurn::done;
  }
  const ssize_t got = ::recv(socket.get(), into.data(), into.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return StreamTurn::readable;
  if (got < 0 && errno != ECONNRESET) return StreamTurn::broken;
  count = static_cast<std::size_t>(std::max<ssize_t>(got, 0));  // a reset is an end without a goodbye
  return StreamTurn::done;
}

StreamTurn Stream::Impl::try_write(std::string_view bytes, std::size_t& count) {
  if (tls) {
    ERR_clear_error();
    const IgnoreBrokenPipe no_signal;
    return tls_turn(SSL_write_ex(tls.get(), bytes.data(), bytes.size(), &count));
  }
  const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR ? StreamTurn::writable : StreamTurn::broken;
  count = static_cast<std::size_t>(sent);
  return StreamTurn::done;
}

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Result<Stream> Stream::open(const StreamTarget& target, const Patience& patience) {
  if (auto allowed = permit(fmt::format("connect to {}", target.name)); !allowed)
    return fail(allowed.error());
  auto impl = std::make_unique<Impl>(target);
  if (auto opened = impl->open(patience); !opened) return fail(opened.error());
  return Stream(std::move(impl));
}

Result<void> Stream::write(std::string_view bytes, const Patience& patience, std::string_view phase) {
  const StreamAttempt attempt{phase, patience};
  while (!bytes.empty()) {
    std::size_t count = 0;
    const StreamTurn turn = impl_->drive(patience, [&] { return impl_->try_write(bytes, count); });
    if (turn != StreamTurn::done)
      return fail(impl_->problem(turn, attempt, impl_->tls ? openssl_text() : stream_errno(errno)));
    bytes.remove_prefix(count);
  }
  return {};
}

Result<std::size_t> Stream::read(std::span<char> into, const Patience& patience, std::string_view phase) {
  const StreamAttempt attempt{phase, patience};
  std::size_t count = 0;
  const StreamTurn turn = impl_->drive(patience, [&] { return impl_->try_read(into, count); });
  if (turn != StreamTurn::done)
    return fail(impl_->problem(turn, attempt, impl_->tls ? openssl_text() : stream_errno(errno)));
  return count;
}

std::optional<std::size_t> Stream::read_now(std::span<char> into) {
  std::size_t count = 0;
  const StreamTurn turn = impl_->try_read(into, count);
  if (turn == StreamTurn::readable || turn == StreamTurn::writable) return std::nullopt;
  return turn == StreamTurn::done ? count : 0;
}

const StreamTimes& Stream::times() const {
  return impl_->times;
}

}  // namespace exai::io
