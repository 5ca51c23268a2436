#include "core/url.hpp"

#include "core/text.hpp"

#include <charconv>

#include <fmt/core.h>

namespace exai {
namespace urls {
namespace {

std::string standard_port(std::string_view scheme) {
  return scheme == "https" || scheme == "wss" ? "443" : "80";
}

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= 65535;
}

bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

}  // namespace
}  // namespace urls

Result<Url> parse_url(std::string_view text) {
  // The text is not repeated: it may hold a password.
  const auto wrong = [](std::string_view why) {
    return fail(ErrorKind::invalid, fmt::format("not a usable URL: {}", why),
                "write it as http://host:port/path (or https, ws, wss)");
  };
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos) return wrong("it has no scheme");
  Url url;
  url.scheme = to_lower(text.substr(0, mark));
  if (url.scheme != "http" && url.scheme != "https" && url.scheme != "ws" && url.scheme != "wss")
    return wrong("only http, https, ws and wss are spoken");
  if (!urls::is_clean(text)) return wrong("it has blanks or control characters");
  std::string_view rest = text.substr(mark + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t slash = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) url.path = rest.substr(slash);
  if (!url.path.starts_with('/')) url.path.insert(0, 1, '/');
  if (authority.find('@') != std::string_view::npos) return wrong("a user or password must not stand in it");
  std::size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return wrong("the bracket of the address is not closed");
    url.host = authority.substr(1, close - 1);
    if (close + 1 < authority.size() && authority[close + 1] != ':') return wrong("text after the bracket");
    colon = close + 1 < authority.size() ? close + 1 : std::string_view::npos;
  } else {
    url.host = authority.substr(0, colon);
  }
  if (url.host.empty()) return wrong("it has no host");
  url.port = colon == std::string_view::npos ? urls::standard_port(url.scheme)
                                             : std::string(authority.substr(colon + 1));
  if (!urls::is_port(url.port)) return wrong("the port must be 1 to 65535");
  return url;
}

}  // namespace exai
