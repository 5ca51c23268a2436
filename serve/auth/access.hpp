// Who may come in: Host, Origin, keys and tokens.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/forms.hpp"
#include "core/result.hpp"
#include "serve/auth/challenge.hpp"
#include "serve/auth/keys.hpp"
#include "serve/calls/principal.hpp"
#include "serve/door/exchange.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve {

class IssuerKeys;

/// True for 127.0.0.0/8, ::1 and "localhost".
bool is_loopback(std::string_view host);
/// The host of "name:port", "[::1]:port" or "name", in lower case; empty when malformed.
std::string host_of(std::string_view authority);

/// What the key or token of a request is worth at a place.
struct Entrance {
  enum class Kind : std::uint8_t {
    open,     ///< `principal` may come in
    closed,   ///< `refusal` is the answer
    unknown,  ///< only the issuer's newer keys can tell: IssuerKeys::fetch, then look again
  };
  Kind kind = Kind::closed;
  Principal principal{};
  HttpAnswer refusal{};
  std::string note{};  ///< for the log when there is more to say than the client is told; never a key
};

/// The scope without which a path is closed; /mcp has more rules of its own, by method (serve/protocol).
Scope needed_scope(std::string_view path);

/// The rules in effect: immutable, replaced as a whole by a reload. Judging reads no file and asks nobody.
class AccessPolicy {
 public:
  /// Reads the settings and the keys file (relative to `root`). `config` errors: a keys file that is missing,
  /// broken or, under `strict`, readable by others; half an OAuth. `before`, the policy in effect, hands on
  /// the issuer's keys where nothing of OAuth has changed.
  static Result<AccessPolicy> load(const Config& config, const std::filesystem::path& root,
                                   bool strict = false, const AccessPolicy* before = nullptr,
                                   const Clock& clock = system_clock());

  /// Host missing, twice or malformed is 400; a foreign Host or Origin (also "null") is 403 (DNS rebinding,
  /// cross-site requests).
  [[nodiscard]] std::optional<HttpAnswer> check_origin(const HttpRequest& request) const;
  /// The verdict on the request's bearer token or x-api-key; "local", admin, where nothing is configured. A
  /// query string is never looked at. `own` is a token that the place has besides ("daemon", admin); where it
  /// is not empty, nobody comes in without a credential.
  [[nodiscard]] Entrance judge(const HttpRequest& request, const Secret& own = Secret()) const;
  /// Whose hello token this is: the daemon's own (ws.token, or what it was rotated to) is "daemon", admin; a
  /// key is its own; without both, "local", admin.
  [[nodiscard]] std::optional<Principal> hello(std::string_view token, const Secret& own) const;
  /// The 401 that an Entrance::unknown becomes when waiting did not help: 503 instead, to come back.
  [[nodiscard]] HttpAnswer still_unknown() const;

  /// Of WWW-Authenticate, for refusals made elsewhere.
  [[nodiscard]] const Challenge& challenge() const { return challenge_; }
  /// The issuer's keys; null without OAuth.
  [[nodiscard]] const std::shared_ptr<IssuerKeys>& issuer() const { return issuer_; }
  /// The protected resource metadata (RFC 9728); empty without OAuth.
  [[nodiscard]] const std::string& metadata() const { return metadata_; }
  [[nodiscard]] bool has_keys() const { return !keys_.empty(); }
  /// True when a caller over HTTP needs a key or token.
  [[nodiscard]] bool guarded() const { return has_keys() || keys_wanted_ || issuer_ != nullptr; }
  /// What whoever runs the server should hear once.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  AccessPolicy() = default;
  [[nodiscard]] bool allows_host(std::string_view authority) const;
  [[nodiscard]] bool allows_origin(std::string_view origin) const;
  [[nodiscard]] Entrance judge_credential(std::string_view text, bool bearer, Scope wanted) const;
  [[nodiscard]] Entrance judge_bearer(std::string_view token, Scope wanted) const;
  Result<void> take_keys(const Config& config, const std::filesystem::path& root, bool strict);
  Result<void> take_oauth(const Config& config, const AccessPolicy* before);

  std::vector<HostPattern> hosts_;
  std::vector<NamedKey> keys_;
  bool keys_wanted_ = false;  // a keys file is configured, be it empty
  Challenge challenge_;
  std::string metadata_;
  std::shared_ptr<IssuerKeys> issuer_;
  std::vector<std::string> warnings_;
  const Clock* clock_ = nullptr;
};

/// An address that others can reach needs keys, OAuth or (the daemon) a token: `config` otherwise, with the
/// setting to change.
Result<void> check_exposure(const Config& config, const AccessPolicy& access);

}  // namespace exai::serve
