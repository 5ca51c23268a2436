// Who calls, the same for every transport.
#pragma once

#include "core/result.hpp"
#include "core/scope.hpp"

#include <string>
#include <string_view>

namespace exai {

/// A caller whose key or token was accepted. `name` is unique among callers and never a secret: "local" where
/// no keys are configured, else the name of the key or "subject@issuer". Sessions, tasks and sealed states
/// belong to it.
struct Principal {
  std::string name = "local";
  Scope scope = Scope::admin;

  [[nodiscard]] bool may(Scope needed) const { return scope >= needed; }
};

/// Whether the caller may do it. `refused` otherwise, with the scope that is needed; `what` stands in the
/// sentence: "... has the scope viewer, but WHAT needs operator".
Result<void> check_scope(const Principal& caller, Scope needed, std::string_view what);

}  // namespace exai
