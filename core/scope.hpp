// What a key may do: one word for keys, tokens and whatever needs one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace exai {

/// What a key may do; each scope includes those before it.
enum class Scope : std::uint8_t {
  viewer,     ///< looks: lists, reads, status, metrics
  operator_,  ///< works: calls tools, which may spend money
  admin,      ///< changes the server: rotates its token, reads its logs
};

/// "viewer", "operator", "admin"
std::string_view to_string(Scope scope);
/// The scope of such a word, or nothing.
std::optional<Scope> parse_scope(std::string_view word);

}  // namespace exai
