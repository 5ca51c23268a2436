// The issuer's key set: fetched beside the calls, kept on the loop, renewed as it ages or when a token names
// a key that is not in it. The requests that wait for a fetch queue here.
#pragma once

#include "core/lru.hpp"
#include "engine/background.hpp"
#include "io/http.hpp"
#include "serve/auth/oauth.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace exai::serve::auth {

/// Bounds of a fetch and of the line before it.
inline constexpr Millis k_fetch_deadline{5000}, k_wait_for_fetch{6000};
/// Between the beginnings of two fetches: tokens with made-up key ids must not turn us against the issuer,
/// and must not keep a new key out for long either. An issuer that failed is left alone for longer.
inline constexpr Millis k_fetch_pause{2000}, k_fetch_pause_failed{30000};
/// A key id that was not in the set is not looked for again so soon.
inline constexpr Millis k_not_found_for{30000};
inline constexpr std::size_t k_max_not_found = 256;
inline constexpr std::size_t k_jwks_bytes = std::size_t{256} << 10U;
inline constexpr std::size_t k_max_waiting = 64, k_max_waiting_bytes = std::size_t{16} << 20U;

struct FetchedKeys {
  JwkSet keys;
  Millis lifetime{0};
};
/// How long an answer with this Cache-Control may be kept: max-age within five minutes and a day, else an
/// hour.
Millis key_set_lifetime(std::string_view cache_control);
/// Asks for the key set, first where it is if the settings do not say so. Blocking; redirects are not
/// followed and only https and loopback are asked. Errors name the URL.
Result<FetchedKeys> fetch_issuer_keys(const OAuthSettings& settings, Deadline deadline,
                                      const io::HttpSender& http);

/// Loop thread only.
class IssuerKeys : public std::enable_shared_from_this<IssuerKeys> {
 public:
  explicit IssuerKeys(OAuthSettings settings, const Clock& clock = system_clock())
      : settings_(std::move(settings)), clock_(clock) {}

  [[nodiscard]] const OAuthSettings& settings() const { return settings_; }
  /// For a decision now. While the issuer cannot be reached, the known keys stay valid.
  [[nodiscard]] IssuerView view() const;
  /// True when the set has outlived its time and a fetch may begin.
  [[nodiscard]] bool due() const;
  /// Begins a fetch, at once or when the pause since the last one is over; one that runs or is about to is
  /// enough. `http` asks the issuer, `note` gets what went wrong.
  void fetch(engine::Background& background, io::HttpSender http,
             std::function<void(const std::string&)> note);
  /// That key is not in the set that has just come.
  void missed(std::string_view key_id);
  /// Calls back when the fetch that runs or is about to has ended, or after six seconds. False when too many
  /// wait, or too much.
  bool wait(engine::Background& background, std::size_t bytes, std::function<void()> then);

 private:
  [[nodiscard]] Millis pause_left() const;
  void begin(engine::Background& background, io::HttpSender http,
             std::function<void(const std::string&)> note);
  void take(FetchedKeys fetched);
  void release();

  OAuthSettings settings_;
  const Clock& clock_;
  JwkSet keys_;
  bool ever_ = false, fetching_ = false, failed_ = false;
  std::optional<Steady> begun_;          // of the last fetch
  std::unique_ptr<engine::Timer> next_;  // of the fetch that is about to begin
  Lru<Steady> not_found_{LruLimits{.entries = k_max_not_found}};
  Steady fresh_until_{};
  std::vector<std::function<void()>> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::unique_ptr<engine::Timer> patience_;
};

}  // namespace exai::serve::auth
