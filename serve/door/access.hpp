// Who may come in: Host, Origin and keys. Pure.
#pragma once

#include "core/config.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "serve/calls/principal.hpp"
#include "serve/door/exchange.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve {

/// True for 127.0.0.0/8, ::1 and "localhost".
bool is_loopback(std::string_view host);
/// The host of "name:port", "[::1]:port" or "name", in lower case; empty when malformed.
std::string host_of(std::string_view authority);

class AccessPolicy {
 public:
  explicit AccessPolicy(const Config& config);

  /// Host missing, twice or malformed is 400; a foreign Host or Origin (also "null") is 403 (DNS rebinding,
  /// cross-site requests).
  [[nodiscard]] std::optional<HttpAnswer> check_origin(const HttpRequest& request) const;
  /// The principal that the request's key stands for ("key:1a2b3c4d"; "local" when no keys are configured);
  /// nothing = 401.
  [[nodiscard]] std::optional<Principal> principal(const HttpRequest& request) const;
  [[nodiscard]] bool has_keys() const { return !keys_.empty(); }

 private:
  [[nodiscard]] bool allowed(std::string_view host) const;

  struct Key {
    Sha256 digest;
    Principal principal;
  };
  std::vector<std::string> hosts_;
  std::vector<Key> keys_;
};

HttpAnswer unauthorized();
/// {"error":{"message":...}} with a status.
HttpAnswer plain_error(int status, std::string_view message, std::string headers = {});

/// An address that others can reach needs a key: `config` otherwise, with the setting to change.
Result<void> check_exposure(const Config& config);

}  // namespace exai::serve
