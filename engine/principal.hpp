// The caller, as every transport reports it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace exai::engine {

/// What a key may do; each scope includes those before it.
enum class Scope : std::uint8_t {
  viewer,     ///< looks: lists, reads, status, metrics
  operator_,  ///< works: calls tools, which may spend money
  admin,      ///< changes the server: rotates its token, reads its logs
};

/// "viewer", "operator", "admin"
std::string_view to_string(Scope scope);

/// A caller whose key or token was accepted. `name` is unique among callers and never a secret: "local" where
/// no keys are configured, else the name of the key or "subject@issuer". Sessions, tasks and sealed states
/// belong to it.
struct Principal {
  std::string name = "local";
  Scope scope = Scope::admin;

  [[nodiscard]] bool may(Scope needed) const { return scope >= needed; }
};

}  // namespace exai::engine
