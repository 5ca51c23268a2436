#include "core/address.hpp"
#include "core/text.hpp"
#include "io/http.hpp"

#include <fmt/core.h>

namespace exai::io {
namespace urls {
namespace {

std::string standard_port(std::string_view scheme) {
  return scheme == "https" || scheme == "wss" ? "443" : "80";
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
  const Result<Address> address = parse_authority(authority);
  if (!address) return wrong(address.error().message);
  if (address->host.empty()) return wrong("it has no host");
  if (address->has_port && address->port == 0) return wrong("the port must be 1 to 65535");
  url.host = address->host;
  url.port = address->has_port ? std::to_string(address->port) : urls::standard_port(url.scheme);
  return url;
}

}  // namespace exai::io
