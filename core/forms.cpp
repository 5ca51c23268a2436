#include "core/forms.hpp"

#include "core/redis_url.hpp"
#include "core/text.hpp"
#include "core/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/core.h>

namespace exai {
namespace {

bool form_digit(char c) {
  return c >= '0' && c <= '9';
}

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

/// Four numbers up to 255. A name of digits and dots alone that is none is a slip, not a name.
bool is_ipv4(std::string_view text) {
  const std::vector<std::string> parts = split(text, '.');
  if (parts.size() != 4 || std::count(text.begin(), text.end(), '.') != 3) return false;
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.size() <= 3 && std::all_of(part.begin(), part.end(), form_digit) &&
           (part.size() == 1 || part.front() != '0') && std::stoi(part) <= 255;
  });
}

bool is_hex_group(std::string_view part) {
  return !part.empty() && part.size() <= 4 &&
         part.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// The groups of one side of "::", an IPv4 tail counting as two; nothing when one is none.
std::optional<std::size_t> ipv6_groups(std::string_view side) {
  if (side.empty()) return 0;
  std::size_t groups = 0;
  while (true) {
    const std::size_t colon = side.find(':');
    const std::string_view part = side.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && is_ipv4(part)) return groups + 2;
    if (!is_hex_group(part)) return std::nullopt;
    ++groups;
    if (last) return groups;
    side.remove_prefix(colon + 1);
  }
}

bool has_ipv6_form(std::string_view text) {
  if (const std::size_t zone = text.find('%'); zone != std::string_view::npos) {
    const std::string_view name = text.substr(zone + 1);
    const auto fits = [](char c) { return letter(c) || form_digit(c) || c == '-' || c == '_' || c == '.'; };
    if (name.empty() || !std::all_of(name.begin(), name.end(), fits)) return false;
    text = text.substr(0, zone);
  }
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return ipv6_groups(text) == std::optional<std::size_t>(8);
  const auto before = ipv6_groups(text.substr(0, gap)), after = ipv6_groups(text.substr(gap + 2));
  return before && after && *before + *after <= 7;
}

bool is_host_name(std::string_view text) {
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return is_ipv4(text);
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return letter(c) || form_digit(c) || c == '-' || c == '_'; }))
      return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::uint16_t usual_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

/// An authority of a pattern taken apart: what is the name, what the port ("" = none, "*" = any).
struct Parts {
  std::string_view name, port;
};
std::optional<Parts> parts_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = authority.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
    return Parts{authority.substr(0, end + 1), rest.empty() ? rest : rest.substr(1)};
  }
  const std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos || has_ipv6_form(authority)) return Parts{authority, {}};
  if (colon + 1 == authority.size()) return std::nullopt;
  return Parts{authority.substr(0, colon), authority.substr(colon + 1)};
}

template <class Parse>
Result<void> check_each(std::string_view text, Parse parse) {
  for (const std::string& part : split(text, ','))
    if (const auto read = parse(part); !read) return fail(read.error());
  return {};
}

Result<void> check_http_url(std::string_view text) {
  return parse_base_url(text).map([](const Url&) {});
}

}  // namespace

Result<double> parse_usd(std::string_view text) {
  double value = -1;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc{} && end == text.data() + text.size() && std::isfinite(value) && value >= 0)
    return value;
  return fail(ErrorKind::invalid, fmt::format("\"{}\" is not an amount of US dollars", printable(text)),
              "write a number such as 2.50");
}

Result<std::vector<Millis>> parse_delays(std::string_view text) {
  std::vector<Millis> delays;
  for (const std::string& part : split(text, ',')) {
    const Result<Millis> delay = parse_duration(part, "s");
    if (!delay)
      return fail(ErrorKind::invalid, delay.error().message, "write a list of durations such as 1s,3s,5s,8s");
    delays.push_back(*delay);
  }
  return delays;
}

Result<DriveMapping> parse_drive_mapping(std::string_view text) {
  const bool fits = text.size() > 2 && letter(text[0]) && text[1] == ':' && text[2] == '/';
  if (!fits)
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a drive and its folder", printable(text)),
                "write it as C:/app");
  return DriveMapping{to_lower(text.substr(0, 1)).front(), std::string(text.substr(2))};
}

bool HostPattern::allows_host(std::string_view host, std::optional<std::uint16_t> at) const {
  const bool named = subdomains ? host.size() > name.size() + 1 && host.ends_with(name) &&
                                      host[host.size() - name.size() - 1] == '.'
                                : host == name;
  if (!named || !port) return named;
  // A header leaves the usual port out.
  return at ? *at == *port : *port == 80 || *port == 443;
}

bool HostPattern::allows_origin(std::string_view of, std::string_view host,
                                std::optional<std::uint16_t> at) const {
  if (scheme.empty()) return allows_host(host, at);
  const std::uint16_t usual = usual_port(scheme);
  HostPattern by_name = *this;
  by_name.port.reset();
  return of == scheme && by_name.allows_host(host, at) && at.value_or(usual) == port.value_or(usual);
}

Result<HostPattern> parse_host_pattern(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" {}", printable(text), why),
                "write hosts as mcp.example.com, mcp.example.com:8443, *.example.com or "
                "https://app.example.com, separated by commas");
  };
  HostPattern pattern;
  std::string_view authority = text;
  if (const std::size_t mark = text.find("://"); mark != std::string_view::npos) {
    pattern.scheme = to_lower(text.substr(0, mark));
    if (pattern.scheme != "http" && pattern.scheme != "https") return wrong("is not an http or https origin");
    authority = text.substr(mark + 3);
    if (authority.ends_with('/')) authority.remove_suffix(1);
  }
  if (authority == "*") return wrong("would let every host in");
  const auto parts = parts_of(authority);
  if (!parts) return wrong("is not a host");
  std::string_view name = parts->name;
  if (name.starts_with("*.")) {
    pattern.subdomains = true;
    name.remove_prefix(2);
  }
  const Result<std::string> host = parse_host(name);
  if (!host || (pattern.subdomains && host->find('.') == std::string::npos)) return wrong("is not a host");
  pattern.name = *host;
  if (parts->port.empty() || parts->port == "*") return pattern;
  pattern.port = port_number(parts->port);
  if (!pattern.port) return wrong("has a port that is none");
  return pattern;
}

Result<std::string> parse_host(std::string_view text) {
  std::string_view name = text;
  const bool bracketed = name.size() > 2 && name.front() == '[' && name.back() == ']';
  if (bracketed) name = name.substr(1, name.size() - 2);
  const bool good = has_ipv6_form(name) || (!bracketed && is_host_name(name));
  if (!good)
    return fail(
        ErrorKind::invalid, fmt::format("\"{}\" is not an address or a host name", printable(text)),
        "write the host alone, such as 127.0.0.1, ::1 or localhost; the port has a setting of its own");
  if (!has_ipv6_form(name) && name.ends_with('.')) name.remove_suffix(1);
  return to_lower(name);
}

std::optional<std::string> invisible_character(std::string_view text) {
  struct Range {
    char32_t first, last;
    std::string_view name;
  };
  constexpr std::array<Range, 11> k_ranges{{{0x00, 0x1F, "a control character"},
                                            {0x7F, 0x9F, "a control character"},
                                            {0xA0, 0xA0, "a no-break space"},
                                            {0xAD, 0xAD, "a soft hyphen"},
                                            {0x180E, 0x180E, "an invisible separator"},
                                            {0x2000, 0x200A, "a typographic space"},
                                            {0x200B, 0x200F, "a zero-width character"},
                                            {0x2028, 0x202F, "an invisible separator or direction mark"},
                                            {0x205F, 0x206F, "an invisible character"},
                                            {0x3000, 0x3000, "an ideographic space"},
                                            {0xFEFF, 0xFEFF, "a byte order mark"}}};
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length && at + i < text.size(); ++i)
      code = (code << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    for (const Range& range : k_ranges)
      if (code >= range.first && code <= range.last)
        return fmt::format("{} (U+{:04X})", range.name, std::uint32_t{code});
    at += length;
  }
  return std::nullopt;
}

Result<void> check_form(Form form, std::string_view text) {
  switch (form) {
    case Form::usd:
      return parse_usd(text).map([](double) {});
    case Form::delays:
      return parse_delays(text).map([](const std::vector<Millis>&) {});
    case Form::drive_mappings:
      return check_each(text, parse_drive_mapping);
    case Form::host_patterns:
      return check_each(text, parse_host_pattern);
    case Form::http_url:
      return check_http_url(text);
    case Form::redis_url:
      return parse_redis_url(text).map([](const RedisAddress&) {});
    case Form::plain:
    case Form::tools:
    case Form::models:
    case Form::model:
    case Form::profile:
    case Form::file:
    case Form::folder:
    case Form::new_folder:
    case Form::postgres_url:
      return {};
  }
  return {};
}

}  // namespace exai
