// Settings whose text is more than one word of a type: each form is read here, by the judge of a
// configuration and by whoever uses the value, so that neither knows another form than the other.
#pragma once

#include "core/duration.hpp"
#include "core/result.hpp"
#include "core/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai {

/// "2.50": US dollars, not negative, without a sign of the currency. `invalid` otherwise.
Result<double> parse_usd(std::string_view text);

/// "1s,3s,5s": durations, none negative; bare numbers are seconds.
Result<std::vector<Millis>> parse_delays(std::string_view text);

/// What a drive letter of a Windows client stands for: "C:/app".
struct DriveMapping {
  char letter = 'c';   ///< lower case
  std::string folder;  ///< absolute, "/app"
};
Result<DriveMapping> parse_drive_mapping(std::string_view text);

/// A host that Host and Origin headers may name. Written as "name", "name:8443", "name:*", "*.name" (its
/// subdomains), "[::1]:8000" or an origin, "https://name".
struct HostPattern {
  std::string scheme;  ///< of an origin: "https"; empty = any
  std::string name;    ///< lower case, without brackets and without a dot at its end
  bool subdomains = false;
  std::optional<std::uint16_t> port;  ///< nothing = any

  /// `host` in lower case without brackets; no port where the header has none.
  [[nodiscard]] bool allows_host(std::string_view host, std::optional<std::uint16_t> at) const;
  [[nodiscard]] bool allows_origin(std::string_view of, std::string_view host,
                                   std::optional<std::uint16_t> at) const;
};
Result<HostPattern> parse_host_pattern(std::string_view text);

/// The address or name of a host without a port, brackets taken off: "127.0.0.1", "::1", "mcp.example.com".
Result<std::string> parse_host(std::string_view text);

/// What cannot be seen in a text (no-break space, zero width, direction marks, control characters), named;
/// nothing when all can be seen. Spaces count as seen.
std::optional<std::string> invisible_character(std::string_view text);

/// Judges the text of a form; `plain` and those forms that are looked up elsewhere take everything.
Result<void> check_form(Form form, std::string_view text);

}  // namespace exai
