// What a key or token was found to be worth, carried with the request or connection that showed it.
#pragma once

#include "core/deadline.hpp"
#include "core/digest.hpp"
#include "core/principal.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace exai::serve::net {

struct Pass {
  enum class Kind : std::uint8_t {
    open,    ///< nothing is configured, so anybody may come
    frames,  ///< the same where the token of exai_ws could be
    key,     ///< a key of the deployment
    token,   ///< exai_ws's own token
    bearer   ///< a token of the issuer
  };
  Principal principal{};
  Kind kind = Kind::open;
  Sha256 digest{};              ///< key, token: of what was shown
  std::string issuer{};         ///< bearer: whose token it was
  std::optional<Wall> until{};  ///< worth nothing from then on
  std::uint64_t policy = 0;     ///< of the rules that it was judged by (AccessPolicy::id)
};
using SharedPass = std::shared_ptr<const Pass>;

/// What has become of a pass since.
enum class PassState : std::uint8_t {
  good,
  expired,  ///< its time is over: what was begun with it may end, what stays open may not
  retired,  ///< a reload has taken it away: everything ends
};

}  // namespace exai::serve::net
