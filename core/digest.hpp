// SHA-256, HMAC and what a handshake needs, in the one file of core that names OpenSSL.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace exai {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);
/// Lower-case hexadecimal of the digest.
std::string sha256_hex(std::string_view bytes);
/// The 20 bytes that the WebSocket handshake is made with; no protection of anything.
std::string sha1(std::string_view bytes);
/// The digest of what comes in pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  Sha256Stream(Sha256Stream&&) = delete;
  Sha256Stream& operator=(Sha256Stream&&) = delete;
  ~Sha256Stream();
  void add(std::string_view bytes);
  /// Of all that was added; the last call.
  Sha256 digest();
  /// The same in lower-case hexadecimal.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};
/// HMAC of RFC 2104 with SHA-256.
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
/// A digest in lower-case hexadecimal.
std::string hex(const Sha256& digest);
/// The bytes of a digest.
std::string_view bytes_of(const Sha256& digest);
/// Equality in constant time for equal lengths.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace exai
