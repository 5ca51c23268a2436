// A TCP peer whose every byte a test writes: one connection, a script on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <thread>

namespace exai::test {

/// What the script may do; everything blocks.
class RawConnection {
 public:
  explicit RawConnection(int descriptor) : descriptor_(descriptor) {}
  /// Waits until something has come and takes it; false when the other side hung up.
  bool read();
  /// False when the other side hung up.
  bool write(std::string_view bytes);
  void wait_for_hangup();

 private:
  int descriptor_;
};

class RawPeer {
 public:
  explicit RawPeer(std::function<void(RawConnection&)> script);
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  /// Ends the wait for a connection that did not come, and waits for the script.
  ~RawPeer();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace exai::test
