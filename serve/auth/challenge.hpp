// The answers to a refused request: the two of RFC 6750 section 3, with RFC 9728's pointer where OAuth
// is on.
#pragma once

#include "core/principal.hpp"
#include "serve/net/exchange.hpp"

#include <string>
#include <string_view>

namespace exai::serve::auth {

/// Where a client finds out whom to ask for a token.
struct Challenge {
  std::string metadata;  ///< URL of the protected resource metadata; empty = OAuth is off
};

/// The OAuth names of the scopes up to that one: "exai:viewer exai:operator".
std::string scope_names(Scope highest);

/// 401. `wanted` is the scope that the place is used with, `message` a sentence for people; with `given`, a
/// key or token was there and is the reason.
net::HttpResponse unauthorized(const Challenge& challenge, Scope wanted, std::string_view message,
                               bool given);
/// 403: the caller is known, but its scope is less than `needed`.
net::HttpResponse forbidden(Scope needed, const Challenge& challenge = {});

}  // namespace exai::serve::auth
