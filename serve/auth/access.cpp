#include "serve/auth/access.hpp"

#include "core/file_names.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "engine/runtime.hpp"
#include "ops/keys/keys_file.hpp"
#include "serve/auth/issuer_keys.hpp"

#include <atomic>
#include <charconv>

#include <fmt/core.h>

namespace exai::serve::auth {
namespace {

/// What a request presents: at most one of each header, for two could be read two ways.
struct Credential {
  std::string_view text;
  bool bearer = false, twice = false;
};

Credential presented_by(const net::HttpRequest& request) {
  Credential found;
  std::string_view key;
  int authorizations = 0, keys = 0;
  for (const auto& [name, value] : request.headers) {
    if (equals_ignoring_case(name, "x-api-key")) key = trim(value), ++keys;
    if (!equals_ignoring_case(name, "authorization")) continue;
    ++authorizations;
    constexpr std::string_view k_scheme = "bearer ";
    if (value.size() > k_scheme.size() && equals_ignoring_case(value.substr(0, k_scheme.size()), k_scheme))
      found.text = trim(value.substr(k_scheme.size()));
  }
  found.twice = authorizations > 1 || keys > 1;
  found.bearer = !found.text.empty();
  if (!found.bearer) found.text = key;
  return found;
}

/// What most callers of a place need; the 401 names it, so that a client asks for it at once.
Scope wanted_scope(std::string_view path) {
  return path == "/mcp" ? Scope::operator_ : Scope::viewer;
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

/// The port of an authority that host_of() takes.
std::optional<std::uint16_t> port_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos)
    return std::nullopt;
  std::uint16_t port = 0;
  const std::string_view text = authority.substr(colon + 1);
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

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

Scope needed_scope(std::string_view) {
  return Scope::viewer;
}

Result<AccessPolicy> AccessPolicy::load(const Config& config, const std::filesystem::path& root, bool strict,
                                        const AccessPolicy* before, const Clock& clock) {
  static std::atomic<std::uint64_t> k_last_id{0};
  AccessPolicy policy;
  policy.clock_ = &clock;
  policy.id_ = ++k_last_id;
  policy.open_ = std::make_shared<const net::Pass>(net::Pass{.policy = policy.id_});
  policy.open_frames_ =
      std::make_shared<const net::Pass>(net::Pass{.kind = net::Pass::Kind::frames, .policy = policy.id_});
  for (const std::string& host : config.list("http.allowed_hosts")) {
    Result<HostPattern> pattern = parse_host_pattern(host);
    if (!pattern) return fail(pattern.error());
    policy.hosts_.push_back(std::move(*pattern));
  }
  for (const auto* const key : {"http.host", "ws.host", "health.host"}) {
    const std::string& bound = config.text(key);
    if (bound != "0.0.0.0" && bound != "::")
      policy.hosts_.push_back({.scheme = {}, .name = to_lower(bound), .port = {}});
  }
  if (Result<void> taken = policy.take_keys(config, root, strict); !taken) return fail(taken.error());
  if (Result<void> taken = policy.take_oauth(config, before); !taken) return fail(taken.error());
  for (const ops::NamedKey& key : policy.keys_)
    policy.passes_.push_back(std::make_shared<const net::Pass>(net::Pass{.principal = {key.name, key.scope},
                                                                         .kind = net::Pass::Kind::key,
                                                                         .digest = key.digest,
                                                                         .until = key.expires,
                                                                         .policy = policy.id_}));
  return policy;
}

Result<void> AccessPolicy::take_keys(const Config& config, const std::filesystem::path& root, bool strict) {
  const Secret plain = config.secret("auth.api_keys");
  for (std::string& key : split(plain.reveal(), ',')) {
    keys_.push_back(ops::plain_key(key));
    const Secret wiped(std::move(key));
  }
  const std::string& path = config.text("auth.keys_file");
  keys_wanted_ = !path.empty();
  if (path.empty()) return {};
  Result<ops::KeysFile> file = ops::read_keys_file(below(root, path), strict);
  if (!file) return fail(Error(file.error()).during("reading auth.keys_file (EXAI_KEYS_FILE)"));
  if (!file->warning.empty()) warnings_.push_back(std::move(file->warning));
  for (ops::NamedKey& key : file->keys) {
    for (const ops::NamedKey& other : keys_)
      if (other.digest == key.digest)
        return fail(
            ErrorKind::config,
            fmt::format("the key \"{}\" of {} stands in auth.api_keys too, where it may do everything",
                        key.name, path),
            "take it out of EXAI_API_KEYS");
    if (key.expired(clock_->wall())) warnings_.push_back(fmt::format("the key \"{}\" has expired", key.name));
    keys_.push_back(std::move(key));
  }
  return {};
}

Result<void> AccessPolicy::take_oauth(const Config& config, const AccessPolicy* before) {
  Result<std::optional<OAuthSettings>> settings = oauth_settings(config);
  if (!settings) return fail(settings.error());
  if (!*settings) return {};
  challenge_.metadata = metadata_url(**settings);
  metadata_ = metadata_document(**settings);
  const bool same = before != nullptr && before->issuer_ && before->issuer_->settings() == **settings;
  issuer_ = same ? before->issuer_ : std::make_shared<IssuerKeys>(std::move(**settings), *clock_);
  return {};
}

bool AccessPolicy::allows_host(std::string_view authority) const {
  const std::string name = host_of(authority);
  if (is_loopback(name)) return true;
  const auto port = port_of(authority);
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [&](const HostPattern& pattern) { return pattern.allows_host(name, port); });
}

bool AccessPolicy::allows_origin(std::string_view origin) const {
  const std::string_view authority = origin_authority(origin);
  const std::string name = host_of(authority);
  if (name.empty()) return false;
  if (is_loopback(name)) return true;
  const std::string scheme = to_lower(origin.substr(0, origin.find("://")));
  const auto port = port_of(authority);
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [&](const HostPattern& pattern) { return pattern.allows_origin(scheme, name, port); });
}

std::optional<net::HttpResponse> AccessPolicy::check_origin(const net::HttpRequest& request) const {
  std::string_view host, origin;
  int hosts = 0, origins = 0;
  for (const auto& [name, value] : request.headers) {
    if (equals_ignoring_case(name, "host")) host = value, ++hosts;
    if (equals_ignoring_case(name, "origin")) origin = value, ++origins;
  }
  if (hosts != 1)
    return net::plain_error(400,
                            hosts == 0 ? "the Host header is missing" : "the Host header stands there twice");
  const std::string name = host_of(host);
  if (name.empty()) return net::plain_error(400, "the Host header is malformed");
  if (!allows_host(host))
    return net::plain_error(
        403, "this Host is not served here; add it to http.allowed_hosts (EXAI_ALLOWED_HOSTS)");
  if (origins > 1) return net::plain_error(400, "the Origin header stands there twice");
  if (origins == 1 && !allows_origin(origin))
    return net::plain_error(
        403, "this Origin is not allowed; add its host to http.allowed_hosts (EXAI_ALLOWED_HOSTS)");
  return std::nullopt;
}

net::SharedPass AccessPolicy::pass_of(const ops::NamedKey& key) const {
  return passes_.at(static_cast<std::size_t>(&key - keys_.data()));
}

net::SharedPass AccessPolicy::pass_of_own(std::string_view token) const {
  return std::make_shared<const net::Pass>(net::Pass{.principal = {"daemon", Scope::admin},
                                                     .kind = net::Pass::Kind::token,
                                                     .digest = sha256(token),
                                                     .policy = id_});
}

AccessDecision AccessPolicy::judge(const net::HttpRequest& request, const Secret* own, bool last) const {
  const bool guarded = own != nullptr && !own->empty();
  if (is_open() && !guarded)
    return {.kind = AccessDecision::Kind::allow, .pass = own == nullptr ? open_ : open_frames_};
  const Credential credential = presented_by(request);
  if (credential.twice)
    return {.refusal = net::plain_error(400, "the Authorization or x-api-key header stands there twice")};
  const Scope wanted = wanted_scope(request.path);
  if (credential.text.empty())
    return {.refusal =
                unauthorized(challenge_, wanted,
                             issuer_ ? "a token is needed: send Authorization: Bearer TOKEN"
                                     : "a key is needed: send Authorization: Bearer KEY or x-api-key: KEY",
                             false)};
  if (guarded && own->matches(credential.text))
    return {.kind = AccessDecision::Kind::allow, .pass = pass_of_own(credential.text)};
  AccessDecision entrance = judge_credential(credential.text, credential.bearer, wanted, last);
  const Scope needed = needed_scope(request.path);
  if (entrance.kind != AccessDecision::Kind::allow || entrance.pass->principal.may(needed)) return entrance;
  return {.refusal = forbidden(needed, challenge_), .reason = "scope"};
}

AccessDecision AccessPolicy::judge_credential(std::string_view text, bool bearer, Scope wanted,
                                              bool last) const {
  const ops::NamedKey* const key = ops::find_key(keys_, text);
  if (key == nullptr && bearer && issuer_ && looks_like_jwt(text)) return judge_bearer(text, wanted, last);
  if (key == nullptr)
    return {.refusal = unauthorized(challenge_, wanted, "this key is not known here", true),
            .note = "a key that is not known was presented",
            .reason = "key"};
  if (key->expired(clock_->wall()))
    return {.refusal = unauthorized(challenge_, wanted, "this key has expired: ask for a new one", true),
            .note = fmt::format("the key \"{}\" has expired and was presented", key->name),
            .reason = "key"};
  return {.kind = AccessDecision::Kind::allow, .pass = pass_of(*key)};
}

AccessDecision AccessPolicy::judge_bearer(std::string_view token, Scope wanted, bool last) const {
  using Kind = TokenVerdict::Kind;
  IssuerView view = issuer_->view();
  if (last) view.may_fetch = false;
  TokenVerdict verdict = judge_token(token, issuer_->settings(), view, clock_->wall());
  if (last && verdict.kind == Kind::refused && !verdict.key_id.empty()) issuer_->missed(verdict.key_id);
  switch (verdict.kind) {
    case Kind::allowed:
      return {.kind = AccessDecision::Kind::allow,
              .pass = std::make_shared<const net::Pass>(net::Pass{.principal = std::move(verdict.principal),
                                                                  .kind = net::Pass::Kind::bearer,
                                                                  .issuer = issuer_->settings().issuer,
                                                                  .until = verdict.until,
                                                                  .policy = id_})};
    case Kind::no_scope:
      return {.refusal = forbidden(Scope::viewer, challenge_), .reason = "scope"};
    case Kind::needs_keys:
      return {.kind = AccessDecision::Kind::undecided};
    case Kind::no_keys_yet:
      return {.refusal = still_unknown()};
    case Kind::refused:
      break;
  }
  return {.refusal = unauthorized(challenge_, wanted, "this token is not accepted: " + verdict.why, true),
          .note = "a token was not accepted: " + verdict.why,
          .reason = "token"};
}

net::SharedPass AccessPolicy::hello(std::string_view token, const Secret& own) const {
  if (own.empty() && keys_.empty() && !keys_wanted_) return open_frames_;
  // Both are looked at whatever comes of the first, so the time says nothing.
  const bool ours = !own.empty() && own.matches(token);
  const ops::NamedKey* const key = ops::find_key(keys_, token);
  if (ours) return pass_of_own(token);
  if (key == nullptr || key->expired(clock_->wall())) return nullptr;
  return pass_of(*key);
}

net::PassState AccessPolicy::state_of(const net::Pass& pass,
                                      const std::function<bool(const std::optional<Sha256>&)>& owns) const {
  if (pass.until && clock_->wall() >= *pass.until) return net::PassState::expired;
  if (pass.kind == net::Pass::Kind::token)
    return owns(pass.digest) ? net::PassState::good : net::PassState::retired;
  if (pass.kind == net::Pass::Kind::frames && !owns(std::nullopt)) return net::PassState::retired;
  if (pass.policy == id_) return net::PassState::good;
  bool good = false;
  switch (pass.kind) {
    case net::Pass::Kind::key:
      good = std::any_of(keys_.begin(), keys_.end(), [&](const ops::NamedKey& key) {
        return key.digest == pass.digest && key.scope >= pass.principal.scope && !key.expired(clock_->wall());
      });
      break;
    case net::Pass::Kind::bearer:
      good = issuer_ && issuer_->settings().issuer == pass.issuer;
      break;
    default:
      good = keys_.empty() && !keys_wanted_ && (pass.kind == net::Pass::Kind::frames || !issuer_);
  }
  return good ? net::PassState::good : net::PassState::retired;
}

net::HttpResponse AccessPolicy::still_unknown() const {
  return net::plain_error(503,
                          "the token cannot be judged now: its issuer's keys could not be fetched in time",
                          "Retry-After: 30\r\n");
}

Result<void> check_exposure(const Config& config, const AccessPolicy& access) {
  const std::string& http = config.text("http.host");
  if (!is_loopback(http) && !access.has_keys() && !access.issuer())
    return fail(ErrorKind::config,
                "http.host is " + http + ", which others can reach, but there is no key and no OAuth issuer",
                "make a key with exai key generate, set EXAI_API_KEYS to random ones, or bind 127.0.0.1");
  const std::string& websocket = config.text("ws.host");
  if (!is_loopback(websocket) && !access.has_keys() && config.secret("ws.token").empty())
    return fail(
        ErrorKind::config,
        "ws.host is " + websocket + ", which others can reach, but ws.token is empty and there is no key",
        "set EXAI_WS_TOKEN to a random token of 16 characters at least, or bind 127.0.0.1");
  return {};
}

}  // namespace exai::serve::auth
