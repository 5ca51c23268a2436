#include "core/redis_url.hpp"

#include "core/address.hpp"
#include "core/config.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/core.h>

namespace exai {
namespace {

tl::unexpected<Error> wrong_redis_url(std::string_view why) {
  // The text is not repeated: it may hold a password.
  return fail(
      ErrorKind::invalid, fmt::format("not a usable Redis URL: {}", why),
      "write it as redis://[USER[:PASSWORD]@]HOST[:PORT][/DB], rediss:// for TLS, or unix:///PATH?db=N");
}

/// The text with each %XX as its byte; nothing where an escape is none.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    unsigned value = 0;
    if (at + 2 >= text.size()) return std::nullopt;
    const char* const digits = text.data() + at + 1;
    if (std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) return std::nullopt;
    out += static_cast<char>(value);
    at += 2;
  }
  return out;
}

Result<void> read_database(std::string_view text, RedisAddress& address) {
  const std::optional<int> number = text.empty() ? 0 : read_digits(text);
  if (!number) return wrong_redis_url("the database is a number such as 0");
  address.database = *number;
  return {};
}

/// "user:password", both escaped.
Result<void> read_credentials(std::string_view text, RedisAddress& address) {
  const std::size_t colon = text.find(':');
  std::optional<std::string> user = percent_decoded(text.substr(0, colon));
  std::optional<std::string> password =
      percent_decoded(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!user || !password)
    return wrong_redis_url("a % in user or password begins no escape; a percent sign itself is %25");
  address.user = std::move(*user);
  address.password = Secret(std::move(*password));
  return {};
}

/// "host:port" and nothing else.
Result<void> read_redis_host(std::string_view authority, RedisAddress& address) {
  const Result<AuthorityParts> parts = split_authority(authority);
  if (!parts) return wrong_redis_url(parts.error().message);
  address.host = std::string(parts->host);
  if (address.host.empty()) return wrong_redis_url("it has no host");
  if (!is_host(address.host)) return wrong_redis_url("the host is neither a name nor an address");
  if (!parts->port) return {};
  address.port = parse_port(*parts->port).value_or(0);
  if (address.port == 0) return wrong_redis_url("the port must be 1 to 65535");
  return {};
}

/// What stands behind "redis://": [credentials@]host[:port][/db].
Result<RedisAddress> read_network(std::string_view rest, bool tls) {
  RedisAddress address;
  address.tls = tls;
  if (rest.find('?') != std::string_view::npos)
    return wrong_redis_url("no options are read after a ?; a ? in a password is %3F");
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view path = rest.substr(slash);
  if (path.find('@') != std::string_view::npos)
    return wrong_redis_url("a / in user or password must be written as %2F");
  std::string_view authority = rest.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto read = read_credentials(authority.substr(0, at), address); !read) return fail(read.error());
    authority.remove_prefix(at + 1);
  }
  if (auto read = read_redis_host(authority, address); !read) return fail(read.error());
  if (auto read = read_database(path.empty() ? path : path.substr(1), address); !read)
    return fail(read.error());
  return address;
}

/// What stands behind "unix://": [credentials@]/path[?db=N].
Result<RedisAddress> read_socket(std::string_view rest) {
  RedisAddress address;
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view before = rest.substr(0, slash);
  if (!before.empty() && !before.ends_with('@'))
    return wrong_redis_url("the path of a socket is absolute: unix:///run/redis.sock");
  if (before.size() > 1)
    if (auto read = read_credentials(before.substr(0, before.size() - 1), address); !read)
      return fail(read.error());
  const std::size_t question = std::min(rest.find('?'), rest.size());
  std::optional<std::string> path = percent_decoded(rest.substr(slash, question - slash));
  if (!path || path->size() < 2) return wrong_redis_url("it names no socket: unix:///run/redis.sock");
  constexpr std::size_t k_max_path = 107;  // sockaddr_un, its zero byte left out
  if (path->size() > k_max_path || path->find('\0') != std::string::npos)
    return wrong_redis_url(fmt::format("the path of a socket has at most {} bytes", k_max_path));
  address.socket = std::move(*path);
  std::string_view query = rest.substr(question);
  if (query.empty()) return address;
  if (!query.starts_with("?db=")) return wrong_redis_url("after the path only ?db=N may stand");
  if (auto read = read_database(query.substr(4), address); !read) return fail(read.error());
  return address;
}

}  // namespace

std::string RedisAddress::name() const {
  return socket.empty() ? format_address(host, port) : "unix:" + printable(socket);
}

Result<RedisAddress> parse_redis_url(std::string_view url) {
  constexpr std::size_t k_max_length = 8000;
  if (url.size() > k_max_length)
    return wrong_redis_url(fmt::format("it is longer than {} characters", k_max_length));
  if (std::any_of(url.begin(), url.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
    return wrong_redis_url("it has blanks or control characters");
  const std::size_t mark = url.find("://");
  if (mark == std::string_view::npos) return wrong_redis_url("it has no scheme");
  const std::string scheme = to_lower(url.substr(0, mark));
  const std::string_view rest = url.substr(mark + 3);
  if (rest.find('#') != std::string_view::npos)
    return wrong_redis_url("no fragment may stand in it; a # in a password is %23");
  if (scheme == "unix" || scheme == "redis+unix") return read_socket(rest);
  if (scheme == "redis" || scheme == "rediss") return read_network(rest, scheme == "rediss");
  return wrong_redis_url(scheme == "http" || scheme == "https"
                             ? "it is an HTTP address; a REST interface to Redis is not spoken"
                             : "only redis, rediss and unix are spoken");
}

Result<std::optional<RedisAddress>> redis_address(const Config& config) {
  const Secret url = config.secret("redis.url");
  if (url.empty()) return std::optional<RedisAddress>();
  Result<RedisAddress> address = parse_redis_url(url.reveal());
  if (!address)
    return fail(ErrorKind::config, fmt::format("{}: {}", setting_name("redis.url"), address.error().message),
                address.error().hint);
  const Secret password = config.secret("redis.password");
  if (address->password.empty()) address->password = password;
  if (!password.empty() && !address->password.matches(password.reveal()))
    return fail(ErrorKind::config,
                fmt::format("{} and {} hold different passwords", setting_name("redis.url"),
                            setting_name("redis.password")),
                "leave the password out of the URL, or write the same one into both");
  return std::optional<RedisAddress>(std::move(*address));
}

}  // namespace exai
