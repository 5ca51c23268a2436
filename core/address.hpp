// Network addresses as people write them: the one reader for listeners, probes, settings and URLs.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace exai {

/// Where something listens. An IPv6 host stands without its brackets.
struct Address {
  std::string host;        ///< empty when only a port was given
  std::uint16_t port = 0;  ///< 0 when a URL or host named none, or when it was 0
  bool has_port = false;
  std::string scheme;  ///< lower case; empty when the text was no URL
  std::string path;    ///< what a URL says after the authority, "?query" included; else empty
};

/// Reads "8000", ":8000", "host:8000", "127.0.0.1:8000", "[::1]:8000" and "scheme://authority/path".
/// `invalid` names what is wrong; the text is not repeated, for a URL may hold a password. A URL of http,
/// https, ws or wss has the port of its scheme when it names none.
Result<Address> parse_address(std::string_view text);

/// "host:8000", "[::1]" or "host" alone; the part of a URL between "//" and the path.
Result<Address> parse_authority(std::string_view text);

/// Host and port of an authority as they stand there, an IPv6 host without its brackets.
struct AuthorityParts {
  std::string_view host{};
  std::optional<std::string_view> port{};  ///< nothing where there is no colon
};
/// The one reader of user, brackets and colons, for addresses and URLs alike. What stands in brackets is an
/// IPv6 address; other hosts and the port are not judged.
Result<AuthorityParts> split_authority(std::string_view text);
/// 0 to 65535 in at most five digits.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// A host name, an IPv4 or an IPv6 address (without brackets), and nothing else.
bool is_host(std::string_view text);
/// An IPv6 address, a zone behind % (or %25, as in a URL) included.
bool is_ipv6(std::string_view text);

/// "host:8000", with the brackets that an IPv6 address needs.
std::string format_address(std::string_view host, std::string_view port);
std::string format_address(std::string_view host, std::uint16_t port);
/// The host as it stands in a URL: an IPv6 address in brackets.
std::string url_host(std::string_view host);
/// Where a listener on that host is reached from this machine: one on all addresses at loopback.
std::string reachable_host(std::string_view host);

}  // namespace exai
