// A blocking WebSocket client (ws and wss) for probes, the CLI's client and tests.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::io {

class WebSocket {
 public:
  struct Options {
    std::string subprotocol;           ///< offered when not empty
    bool subprotocol_required = true;  ///< an answer without it is an error
    std::string ca_file;               ///< PEM file of the authority to trust instead of the machine's
    std::vector<std::pair<std::string, std::string>> headers;
    std::size_t max_message = std::size_t{32} << 20U;
  };
  static Result<WebSocket> connect(const std::string& url, const Options& options, Deadline deadline);
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;
  ~WebSocket();

  /// What the server chose of what was offered; empty for none.
  [[nodiscard]] const std::string& subprotocol() const;
  Result<void> send(std::string_view text, Deadline deadline);
  /// The next text message; `timeout` at the deadline, `unreachable` with close code and reason when the peer
  /// closed.
  Result<std::string> receive(Deadline deadline);
  Result<void> ping(Deadline deadline);
  void close();

 private:
  struct Impl;
  explicit WebSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::io
