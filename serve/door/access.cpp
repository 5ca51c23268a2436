#include "serve/door/access.hpp"

#include "core/json.hpp"
#include "core/text.hpp"

namespace exai::serve {
namespace {

std::string hex_prefix(const Sha256& digest) {
  static constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) {
    text += k_digits[digest.at(i) >> 4U];
    text += k_digits[digest.at(i) & 15U];
  }
  return text;
}

std::string_view as_bytes(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};  // NOLINT: bytes are bytes
}

/// The key that a request carries: bearer token or x-api-key.
std::string_view presented_key(const HttpRequest& request) {
  const std::string_view authorization = request.header("authorization");
  constexpr std::string_view k_scheme = "bearer ";
  if (authorization.size() > k_scheme.size() &&
      equals_ignoring_case(authorization.substr(0, k_scheme.size()), k_scheme))
    return trim(authorization.substr(k_scheme.size()));
  return trim(request.header("x-api-key"));
}

bool is_port(std::string_view text) {
  return text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The authority of an Origin ("http://name:port"), empty when it is none.
std::string_view origin_authority(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (equals_ignoring_case(known, name)) return value;
  return {};
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  // Only an address: 127.evil.example is a name like any other.
  return host.rfind("127.", 0) == 0 && host.size() <= 15 &&
         std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::string host_of(std::string_view authority) {
  if (authority.empty() || authority.find_first_of(" \t/@\\?#,") != std::string_view::npos) return {};
  std::string_view host = authority, port;
  if (authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return {};
    host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':') return {};
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (!port.empty() && !is_port(port.substr(1))) return {};
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return to_lower(host);
}

AccessPolicy::AccessPolicy(const Config& config) {
  for (const std::string& host : config.list("http.allowed_hosts")) hosts_.push_back(host_of(host));
  for (const auto* const key : {"http.host", "ws.host", "health.host"}) {
    const std::string& bound = config.text(key);
    if (bound != "0.0.0.0" && bound != "::") hosts_.push_back(to_lower(bound));
  }
  const Secret keys = config.secret("auth.api_keys");
  for (std::string& key : split(keys.reveal(), ',')) {
    const Sha256 digest = sha256(key);
    keys_.push_back({digest, {"key:" + hex_prefix(digest), Scope::admin}});
    const Secret wiped(std::move(key));
  }
}

bool AccessPolicy::allowed(std::string_view host) const {
  return is_loopback(host) || std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end();
}

std::optional<HttpAnswer> AccessPolicy::check_origin(const HttpRequest& request) const {
  std::string_view host, origin;
  int hosts = 0, origins = 0;
  for (const auto& [name, value] : request.headers) {
    if (equals_ignoring_case(name, "host")) host = value, ++hosts;
    if (equals_ignoring_case(name, "origin")) origin = value, ++origins;
  }
  if (hosts != 1)
    return plain_error(400, hosts == 0 ? "the Host header is missing" : "the Host header stands there twice");
  const std::string name = host_of(host);
  if (name.empty()) return plain_error(400, "the Host header is malformed");
  if (!allowed(name))
    return plain_error(403,
                       "this Host is not served here; add it to http.allowed_hosts (EXAI_ALLOWED_HOSTS)");
  if (origins > 1) return plain_error(400, "the Origin header stands there twice");
  if (origins == 1) {
    const std::string from = host_of(origin_authority(origin));
    if (from.empty() || !allowed(from))
      return plain_error(
          403, "this Origin is not allowed; add its host to http.allowed_hosts (EXAI_ALLOWED_HOSTS)");
  }
  return std::nullopt;
}

std::optional<Principal> AccessPolicy::principal(const HttpRequest& request) const {
  if (keys_.empty()) return Principal{};
  const std::string_view presented = presented_key(request);
  if (presented.empty()) return std::nullopt;
  const Sha256 digest = sha256(presented);
  // Every key is compared, so the time says nothing about which one was near.
  const Key* found = nullptr;
  for (const Key& key : keys_)
    if (equal_in_constant_time(as_bytes(key.digest), as_bytes(digest))) found = &key;
  if (found == nullptr) return std::nullopt;
  return found->principal;
}

HttpAnswer plain_error(int status, std::string_view message, std::string headers) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = "{\"error\":{\"message\":" + quote_json(message) + "}}";
  answer.headers = std::move(headers);
  return answer;
}

HttpAnswer unauthorized() {
  return plain_error(401, "a key is needed: send Authorization: Bearer KEY or x-api-key: KEY",
                     "WWW-Authenticate: Bearer realm=\"exai\"\r\n");
}

Result<void> check_exposure(const Config& config) {
  const std::string& http = config.text("http.host");
  if (!is_loopback(http) && config.secret("auth.api_keys").empty())
    return fail(ErrorKind::config,
                "http.host is " + http + ", which others can reach, but auth.api_keys is empty",
                "set EXAI_API_KEYS to one or more random keys, or bind 127.0.0.1");
  const std::string& daemon = config.text("ws.host");
  if (!is_loopback(daemon) && config.secret("ws.token").empty())
    return fail(ErrorKind::config, "ws.host is " + daemon + ", which others can reach, but ws.token is empty",
                "set EXAI_WS_TOKEN to a random token of 16 characters at least, or bind 127.0.0.1");
  return {};
}

}  // namespace exai::serve
