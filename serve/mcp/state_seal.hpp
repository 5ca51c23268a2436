// The requestState of a round: readable by the client, believed only with our seal.
#pragma once

#include "core/deadline.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "serve/mcp/names.hpp"

#include <string>
#include <string_view>

namespace exai::serve::mcp {

class StateSeal {
 public:
  /// `key`: at least 16 random bytes. Servers that answer each other's rounds need the same one.
  explicit StateSeal(Secret key) : key_(std::move(key)) {}

  /// "v1.PAYLOAD.MAC", good for that principal and request (`digest`) until `expires`.
  [[nodiscard]] std::string seal(const Json& state, std::string_view principal, std::string_view digest,
                                 Wall expires) const;
  /// The state; `invalid` for what is forged, expired, somebody else's or of another request.
  [[nodiscard]] Result<Json> open(std::string_view sealed, std::string_view principal,
                                  std::string_view digest, Wall now) const;

 private:
  Secret key_;
};

}  // namespace exai::serve::mcp
