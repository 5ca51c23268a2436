#include "core/url.hpp"

#include "core/address.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace exai {
namespace {

tl::unexpected<Error> wrong_url(std::string_view why) {
  // The text is not repeated: it may hold a password.
  return fail(ErrorKind::invalid, fmt::format("not a usable URL: {}", why),
              "write it as http://host:port/path (or https, ws, wss)");
}

std::string url_default_port(std::string_view scheme) {
  return scheme == "https" || scheme == "wss" ? "443" : "80";
}

bool is_clean_url(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

/// libcurl decodes %XX in a host before it judges it; a wrong escape stays as it is.
std::string decoded_host(std::string_view host) {
  std::string out;
  for (std::size_t at = 0; at < host.size(); ++at) {
    unsigned value = 0;
    const bool escape = host[at] == '%' && at + 2 < host.size();
    const char* const digits = host.data() + at + 1;
    if (escape && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out += static_cast<char>(value);
      at += 2;
    } else {
      out += host[at];
    }
  }
  return out;
}

/// A name or a dotted address; each label of a name has characters, one dot at the end is allowed.
bool is_url_host(std::string_view host) {
  constexpr std::string_view k_never = " \r\n\t/:#?!@{}[]\\$'\"^`*<>=;,%&()+|~";
  constexpr std::size_t k_max_host = 253, k_max_label = 63;
  if (!is_clean_url(host) || host.find_first_of(k_never) != std::string_view::npos) return false;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > k_max_host) return false;
  for (;;) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (label.empty() || label.size() > k_max_label) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

/// Host and port of "host:port" or "[v6]:port".
Result<void> read_authority(std::string_view authority, Url& url) {
  const Result<AuthorityParts> parts = split_authority(authority);
  if (!parts) return wrong_url(parts.error().message);
  const bool bracketed = authority.starts_with('[');
  url.host = bracketed ? std::string(parts->host) : decoded_host(parts->host);
  if (url.host.empty()) return wrong_url("it has no host");
  if (!bracketed && !is_url_host(url.host)) return wrong_url("the host is neither a name nor an address");
  url.port = parts->port ? std::string(*parts->port) : url_default_port(url.scheme);
  if (parse_port(url.port).value_or(0) == 0) return wrong_url("the port must be 1 to 65535");
  return {};
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos) return wrong_url("it has no scheme");
  Url url;
  url.scheme = to_lower(text.substr(0, mark));
  if (url.scheme != "http" && url.scheme != "https" && url.scheme != "ws" && url.scheme != "wss")
    return wrong_url("only http, https, ws and wss are spoken");
  if (!is_clean_url(text)) return wrong_url("it has blanks or control characters");
  constexpr std::size_t k_max_length = 8000;
  if (text.size() > k_max_length)
    return wrong_url(fmt::format("it is longer than {} characters", k_max_length));
  std::string_view rest = text.substr(mark + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t slash = rest.find_first_of("/?");
  if (slash != std::string_view::npos) url.path = rest.substr(slash);
  if (!url.path.starts_with('/')) url.path.insert(0, 1, '/');
  if (auto read = read_authority(rest.substr(0, slash), url); !read) return fail(read.error());
  return url;
}

Result<Url> parse_base_url(std::string_view base) {
  Result<Url> url = parse_url(base);
  if (!url) return url;
  if (url->scheme != "http" && url->scheme != "https") return wrong_url("only http and https are asked here");
  if (base.find('#') != std::string_view::npos)
    return wrong_url("a fragment ('#...') must not stand in it: it is never sent");
  return url;
}

Result<std::string> url_below(std::string_view base, std::string_view path) {
  base = trim(base);
  if (Result<Url> url = parse_base_url(base); !url) return fail(url.error());
  const std::size_t question = base.find('?');
  const std::string_view own_query = question == std::string_view::npos ? "" : base.substr(question + 1);
  const std::string_view whole = base.substr(0, question);
  const std::size_t path_at = std::min(whole.find('/', whole.find("://") + 3), whole.size());
  std::string_view stem = whole.substr(path_at);  // a host may be called like an endpoint
  const auto without_slashes = [&] {
    while (stem.ends_with('/')) stem.remove_suffix(1);
  };
  without_slashes();
  for (const std::string_view endpoint : {"/chat/completions"})
    if (stem.ends_with(endpoint)) stem.remove_suffix(endpoint.size());
  without_slashes();
  const std::size_t mark = path.find('?');
  std::string_view below = path.substr(0, mark);
  while (below.starts_with('/')) below.remove_prefix(1);
  std::string query(own_query);
  if (mark != std::string_view::npos)
    query += (query.empty() || query.ends_with('&') ? "" : "&") + std::string(path.substr(mark + 1));
  return fmt::format("{}{}/{}{}{}", whole.substr(0, path_at), stem, below, query.empty() ? "" : "?", query);
}

std::string url_with_query(std::string_view url, std::string_view query) {
  url = url.substr(0, url.find('#'));
  const bool begun = url.find('?') != std::string_view::npos;
  const bool open = url.ends_with('?') || url.ends_with('&');
  return fmt::format("{}{}{}", url, !begun ? "?" : open ? "" : "&", query);
}

}  // namespace exai
