#include "core/address.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include <arpa/inet.h>

namespace exai {
namespace {

constexpr std::string_view k_forms = "PORT, HOST:PORT, [IPV6]:PORT or a URL";

auto wrong_address(std::string_view why) {
  return fail(ErrorKind::invalid, std::string(why), fmt::format("write {}", k_forms));
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.';
}

Result<void> read_port(std::string_view text, Address& address) {
  const std::optional<std::uint16_t> port = parse_port(text);
  if (!port) return wrong_address("the port must be a number from 0 to 65535");
  address.port = *port;
  address.has_port = true;
  return {};
}

std::uint16_t address_default_port(std::string_view scheme) {
  constexpr std::uint16_t k_plain = 80, k_tls = 443;
  if (scheme == "http" || scheme == "ws") return k_plain;
  return scheme == "https" || scheme == "wss" ? k_tls : 0;
}

bool is_clean_address(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

Result<Address> parse_whole_url(std::string_view text, std::size_t mark) {
  const std::string_view rest = text.substr(mark + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  auto address = parse_authority(rest.substr(0, end));
  if (!address) return address;
  address->scheme = to_lower(text.substr(0, mark));
  address->path = rest.substr(end, rest.substr(end).find('#'));
  if (address->host.empty()) return wrong_address("the URL has no host");
  if (address->has_port && address->port == 0) return wrong_address("port 0 is not an address to reach");
  if (!address->has_port) {
    address->port = address_default_port(address->scheme);
    address->has_port = address->port != 0;
  }
  return address;
}

/// "[::1]" or "[::1]:8000"
Result<AuthorityParts> bracketed_parts(std::string_view text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return wrong_address("the bracket of the address is not closed");
  AuthorityParts parts;
  parts.host = text.substr(1, close - 1);
  if (!is_ipv6(parts.host)) return wrong_address("in the brackets stands no IPv6 address");
  const std::string_view behind = text.substr(close + 1);
  if (behind.starts_with(':')) parts.port = behind.substr(1);
  if (!behind.empty() && !parts.port) return wrong_address("after the bracket only :PORT may stand");
  return parts;
}

/// "localhost", "127.0.0.1:8000" or ":8000"
Result<AuthorityParts> plain_parts(std::string_view text) {
  const std::size_t at = text.find(':');
  if (at != std::string_view::npos && text.find(':', at + 1) != std::string_view::npos)
    return is_ipv6(text) || is_ipv6(text.substr(0, text.rfind(':')))
               ? wrong_address("an IPv6 address needs brackets before its port: [::1]:8000")
               : wrong_address("there are too many colons in it");
  AuthorityParts parts;
  parts.host = text.substr(0, at);
  if (at != std::string_view::npos) parts.port = text.substr(at + 1);
  return parts;
}

}  // namespace

bool is_ipv6(std::string_view text) {
  const std::string_view number = text.substr(0, text.find('%'));
  if (number.size() != text.size()) {  // a zone is an interface's name or number
    constexpr std::size_t k_max_zone = 15;
    std::string_view zone = text.substr(number.size() + 1);
    if (zone.starts_with("25") && zone.size() > 2) zone.remove_prefix(2);
    if (zone.empty() || zone.size() > k_max_zone || !std::all_of(zone.begin(), zone.end(), is_name_character))
      return false;
  }
  in6_addr parsed{};
  return ::inet_pton(AF_INET6, std::string(number).c_str(), &parsed) == 1;
}

bool is_host(std::string_view text) {
  constexpr std::size_t k_max_name = 253;
  if (is_ipv6(text)) return true;
  // A number alone would be read as an IPv4 address: 8000 as 0.0.31.64.
  return !text.empty() && text.size() <= k_max_name && !is_digits(text) && text.front() != '-' &&
         text.front() != '.' && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  constexpr std::size_t k_digits = 5;
  constexpr unsigned k_max_port = 65535;
  unsigned value = 0;
  if (!is_digits(text) || text.size() > k_digits) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), value);
  if (value > k_max_port) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

Result<AuthorityParts> split_authority(std::string_view text) {
  if (text.find('@') != std::string_view::npos)
    return wrong_address("a user or password must not stand in an address");
  return text.starts_with('[') ? bracketed_parts(text) : plain_parts(text);
}

Result<Address> parse_authority(std::string_view text) {
  const Result<AuthorityParts> parts = split_authority(text);
  if (!parts) return fail(parts.error());
  if (!parts->host.empty() && !is_host(parts->host))
    return wrong_address("the host is neither a name nor an IP address");
  Address address;
  address.host = parts->host;
  if (parts->port)
    if (auto read = read_port(*parts->port, address); !read) return fail(read.error());
  if (address.host.empty() && !address.has_port) return wrong_address("it is empty");
  return address;
}

Result<Address> parse_address(std::string_view text) {
  if (text.empty()) return wrong_address("it is empty");
  if (!is_clean_address(text)) return wrong_address("it has blanks or control characters");
  if (const std::size_t mark = text.find("://"); mark != std::string_view::npos) {
    const std::string_view scheme = text.substr(0, mark);
    if (scheme.empty() || !std::all_of(scheme.begin(), scheme.end(), is_name_character))
      return wrong_address("what stands before :// is not a scheme");
    return parse_whole_url(text, mark);
  }
  if (!is_digits(text)) return parse_authority(text);
  Address address;
  if (auto read = read_port(text, address); !read) return fail(read.error());
  return address;
}

std::string url_host(std::string_view host) {
  return host.find(':') == std::string_view::npos ? std::string(host) : fmt::format("[{}]", host);
}

std::string format_address(std::string_view host, std::string_view port) {
  return fmt::format("{}:{}", url_host(host), port);
}

std::string format_address(std::string_view host, std::uint16_t port) {
  return fmt::format("{}:{}", url_host(host), port);
}

std::string reachable_host(std::string_view host) {
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : std::string(host);
}

}  // namespace exai
