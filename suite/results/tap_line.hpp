// One line of the Test Anything Protocol.
#pragma once

#include "core/deadline.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace exai::suite {

/// What a line is. `other` is what harnesses pass over.
enum class TapKind : std::uint8_t { version, plan, test, bail_out, subtest, block_end, yaml, other };
enum class TapDirective : std::uint8_t { none, skip, todo };

struct TapLine {
  TapKind kind = TapKind::other;
  std::size_t indent = 0;     ///< spaces before it
  bool ok = false;            ///< test
  bool opens = false;         ///< test: "{" at its end, so that its subtest follows until "}"
  std::optional<int> number;  ///< test: its own; plan: the last one; version
  std::string text;  ///< description, reason of a plan or of bailing out, name of a subtest; escapes read
  TapDirective directive = TapDirective::none;
  std::string reason;                ///< of the directive
  std::optional<Micros> duration{};  ///< of "# time=12.5ms"
};

/// Never an error: what is no line of TAP is `other`.
TapLine read_tap_line(std::string_view line);

}  // namespace exai::suite
