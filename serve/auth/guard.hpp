// Guards every listener that needs a key: judges each request once, counts what a caller may ask, and
// reports to log and metrics those it keeps out.
#pragma once

#include "engine/metrics.hpp"
#include "engine/rate_limit.hpp"
#include "serve/auth/access.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace exai::serve::auth {

/// One line of many equal ones: the first at once, then at most one in a while with the number of the others.
class QuietLog {
 public:
  using Write = std::function<void(std::string_view)>;
  explicit QuietLog(Write write, Millis pause = Millis{1000}) : write_(std::move(write)), pause_(pause) {}
  void log(std::string_view text, Steady now);

 private:
  Write write_;
  Millis pause_;
  std::optional<Steady> logged_;
  std::size_t suppressed_ = 0;
};

/// Loop thread only.
class Guard {
 public:
  /// `note` is one line for the operator; may be empty.
  Guard(const AccessPolicy& access, engine::Metrics& metrics, const Clock& clock, engine::RateLimits limits,
        QuietLog::Write note);

  /// The caller, and whether that was already too much: the pass stays with the request. `counted`: the
  /// request counts against the limits. Undecided (nothing and no pass) when only the issuer's newer keys can
  /// tell.
  std::optional<net::HttpResponse> admit(net::HttpRequest& request, bool counted,
                                         const Secret* own = nullptr);
  /// The same once there are no newer keys to wait for.
  std::optional<net::HttpResponse> admit_finally(net::HttpRequest& request, bool counted);
  /// One message on a connection that was let in; zero = it may pass.
  Millis take(const net::Pass& pass, std::string_view address);
  /// One frame of exai_ws, of a session or (empty) of none yet.
  Millis take_frame(std::string_view address, std::string_view session) {
    return rates_.take(address, session, clock_.steady());
  }
  /// A wrong token in a hello; true = one too many of this address.
  bool refuse_hello(std::string_view address);
  /// No room for a connection.
  void turned_away(std::string_view address, std::string_view listener);
  void note(std::string_view text);
  void reload(const engine::RateLimits& limits) { rates_.set_limits(limits); }
  /// For other servers of this deployment, and from them.
  [[nodiscard]] engine::RateLimiter& rates() { return rates_; }

  [[nodiscard]] const AccessPolicy& access() const { return access_; }

 private:
  std::optional<net::HttpResponse> decide(net::HttpRequest& request, AccessDecision entrance, bool counted);
  std::optional<net::HttpResponse> count(net::HttpRequest& request);
  [[nodiscard]] engine::RateCaller caller(const net::Pass& pass, std::string_view address) const;

  const AccessPolicy& access_;
  engine::Metrics& metrics_;
  const Clock& clock_;
  engine::RateLimiter rates_;
  QuietLog refused_, turned_away_;
};

}  // namespace exai::serve::auth
