// A blocking stream of bytes over TCP, a unix socket or TLS, for clients whose protocol is their own.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace exai::io {

/// How long a caller waits, whatever the peer does.
struct Patience {
  Deadline deadline;
  std::stop_token stop{};
};

/// Where to connect.
struct StreamTarget {
  std::string host;  ///< a name or an address without brackets
  std::uint16_t port = 0;
  std::string socket;   ///< path of a unix socket instead of host and port
  bool tls = false;     ///< name and chain of the certificate are verified, TLS 1.2 at least
  std::string ca_file;  ///< PEM file of the authority to trust instead of the machine's
  std::string name;     ///< how messages call the peer: "host:port"
  std::string no_tls;   ///< the way out when the peer turns out to speak no TLS
};

/// What each phase of opening took; zero for one that there was not.
struct StreamTimes {
  Micros resolve{0}, connect{0}, tls{0};
};

/// Errors name the peer, the phase and the time that had passed: `timeout` at the deadline, `cancelled` after
/// a stop, else `unreachable`. After any of them nothing sensible can follow on the stream. One thread at a
/// time.
class Stream {
 public:
  /// `missing_input` for a file of authorities that cannot be read, `refused` in a dry run.
  static Result<Stream> open(const StreamTarget& target, const Patience& patience);
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  /// Sends all of it. `phase` is the word that stands in messages.
  Result<void> write(std::string_view bytes, const Patience& patience, std::string_view phase);
  /// Waits for bytes and takes what is there; 0 when the peer ended the connection.
  Result<std::size_t> read(std::span<char> into, const Patience& patience, std::string_view phase);
  /// Takes what is there already without waiting; nothing when there is nothing. A connection that broke
  /// counts as ended (0).
  std::optional<std::size_t> read_now(std::span<char> into);

  [[nodiscard]] const StreamTimes& times() const;

 private:
  struct Impl;
  explicit Stream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::io
