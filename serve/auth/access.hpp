// Who may come in: Host, Origin, keys and tokens.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/forms.hpp"
#include "core/result.hpp"
#include "ops/keys/keys.hpp"
#include "serve/auth/challenge.hpp"
#include "serve/net/exchange.hpp"
#include "serve/net/pass.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve::auth {

class IssuerKeys;

/// True for 127.0.0.0/8, ::1 and "localhost".
bool is_loopback(std::string_view host);
/// The host of "name:port", "[::1]:port" or "name", in lower case; empty when malformed.
std::string host_of(std::string_view authority);

/// What the key or token of a request is worth at a place.
struct AccessDecision {
  enum class Kind : std::uint8_t {
    allow,      ///< who holds `pass` may come in
    deny,       ///< `refusal` is the answer
    undecided,  ///< only the issuer's newer keys can tell: IssuerKeys::fetch, then look again
  };
  Kind kind = Kind::deny;
  net::SharedPass pass{};
  net::HttpResponse refusal{};
  std::string note{};         ///< for the log, never a key
  std::string_view reason{};  ///< denied because of what was shown: "key", "token" or "scope"
};

/// The scope without which a path is closed; /mcp has more rules of its own, by method (serve/mcp).
Scope needed_scope(std::string_view path);

/// The rules in effect: immutable, replaced as a whole by a reload. Judging reads no file and no network.
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
  [[nodiscard]] std::optional<net::HttpResponse> check_origin(const net::HttpRequest& request) const;
  /// The verdict on the request's bearer token or x-api-key; "local", admin, where nothing is configured. A
  /// query string is never looked at. `own` is a token that the place may have besides ("daemon", admin);
  /// where there is one, nobody comes in without a credential. `last`: no newer keys of the issuer will come.
  [[nodiscard]] AccessDecision judge(const net::HttpRequest& request, const Secret* own = nullptr,
                                     bool last = false) const;
  /// Whose hello token this is: exai_ws's own (ws.token, or what it was rotated to) is "daemon", admin; a
  /// key is its own; without both, "local", admin. Empty = nobody's.
  [[nodiscard]] net::SharedPass hello(std::string_view token, const Secret& own) const;
  /// What a pass of these rules or of earlier ones is worth now; `owns` tells whether a digest is still that
  /// of the token of exai_ws, and with none, whether there is no such token.
  [[nodiscard]] net::PassState state_of(const net::Pass& pass,
                                        const std::function<bool(const std::optional<Sha256>&)>& owns) const;
  /// These rules among all that this process had.
  [[nodiscard]] std::uint64_t id() const { return id_; }
  /// True for the value of an Origin header that may speak to us.
  [[nodiscard]] bool allows_origin(std::string_view origin) const;
  /// The 401 that an AccessDecision::undecided becomes when waiting did not help: 503 instead, to come back.
  [[nodiscard]] net::HttpResponse still_unknown() const;

  /// Of WWW-Authenticate, for refusals made elsewhere.
  [[nodiscard]] const Challenge& challenge() const { return challenge_; }
  /// The issuer's keys; null without OAuth.
  [[nodiscard]] const std::shared_ptr<IssuerKeys>& issuer() const { return issuer_; }
  /// The protected resource metadata (RFC 9728); empty without OAuth.
  [[nodiscard]] const std::string& metadata() const { return metadata_; }
  [[nodiscard]] bool has_keys() const { return !keys_.empty(); }
  /// True when a caller over HTTP needs a key or token.
  [[nodiscard]] bool guarded() const { return has_keys() || keys_wanted_ || issuer_ != nullptr; }
  /// What the operator should know; logged once.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  AccessPolicy() = default;
  [[nodiscard]] bool allows_host(std::string_view authority) const;
  [[nodiscard]] bool is_open() const { return keys_.empty() && !keys_wanted_ && !issuer_; }
  [[nodiscard]] net::SharedPass pass_of(const ops::NamedKey& key) const;
  [[nodiscard]] net::SharedPass pass_of_own(std::string_view token) const;
  [[nodiscard]] AccessDecision judge_credential(std::string_view text, bool bearer, Scope wanted,
                                                bool last) const;
  [[nodiscard]] AccessDecision judge_bearer(std::string_view token, Scope wanted, bool last) const;
  Result<void> take_keys(const Config& config, const std::filesystem::path& root, bool strict);
  Result<void> take_oauth(const Config& config, const AccessPolicy* before);

  std::vector<HostPattern> hosts_;
  std::uint64_t id_ = 0;
  net::SharedPass open_, open_frames_;
  std::vector<ops::NamedKey> keys_;
  std::vector<net::SharedPass> passes_;  // of the keys, made once
  bool keys_wanted_ = false;             // a keys file is configured, be it empty
  Challenge challenge_;
  std::string metadata_;
  std::shared_ptr<IssuerKeys> issuer_;
  std::vector<std::string> warnings_;
  const Clock* clock_ = nullptr;
};

/// An address that others can reach needs keys, OAuth or (exai_ws) a token: `config` otherwise, with the
/// setting to change.
Result<void> check_exposure(const Config& config, const AccessPolicy& access);

}  // namespace exai::serve::auth
