// Answers from a cassette, byte for byte, in time of its own and without any network.
#pragma once

#include "core/deadline.hpp"
#include "core/redact.hpp"
#include "models/cassette/cassette.hpp"
#include "models/cassette/echo.hpp"
#include "models/providers/transport.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace exai::models {

/// Time that moves only by what was recorded, and by whoever would wait.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Wall began) : began_(began) {}
  [[nodiscard]] Steady steady() const override { return start_ + passed(); }
  [[nodiscard]] Wall wall() const override { return began_ + passed(); }
  bool pause(Millis duration, const std::stop_token& stop) const override {
    if (stop.stop_requested()) return false;
    advance(duration);
    return true;
  }
  void advance(Millis by) const { passed_ += by.count(); }

 private:
  [[nodiscard]] Millis passed() const { return Millis(passed_.load()); }
  const Steady start_{std::chrono::hours{1}};  // the same in every replay
  const Wall began_;
  mutable std::atomic<long long> passed_{0};
};

/// Thread-safe. Equal requests are answered in the order in which they were recorded; what was never recorded
/// is `unreachable`, naming the request and the cassette, or is repeated where the cassette wants that.
class Player final : public ProviderTransport {
 public:
  Player(Cassette cassette, std::string file, const VirtualClock& clock, Redactor redactor);
  Result<io::HttpResponse> exchange(const io::HttpRequest& request) override;
  /// A UUID that is the same in every replay.
  std::string new_id();
  /// Exchanges not played yet.
  [[nodiscard]] std::size_t left() const;

 private:
  const CassetteExchange* take(const std::string& method, const std::string& path, const std::string& body);
  /// Hands over what was recorded as it came.
  Result<io::HttpResponse> play(const io::HttpRequest& request, const CassetteExchange& exchange);
  [[nodiscard]] Error missing(const std::string& method, const std::string& path,
                              const std::string& body) const;

  Cassette cassette_;
  std::string file_;
  const VirtualClock& clock_;
  Redactor redactor_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::size_t>> waiting_;  // by digest of the request; last is next
  std::size_t ids_ = 0;
  Echo echo_;
};

}  // namespace exai::models
