// The world beyond the process, as calls see it: time, ids, chance, the way to providers and to others.
// Either the machine's own, or what a cassette holds.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "models/cassette/player.hpp"
#include "models/cassette/recorder.hpp"
#include "serve/options.hpp"

#include <functional>
#include <memory>
#include <string>

namespace exai::serve {

class Environment {
 public:
  /// `on_error` gets what could not be recorded, from any thread. Errors: the cassette cannot be read
  /// (config, with the line) or written.
  static Result<std::unique_ptr<Environment>> open(const Config& config, const ServeOptions& options,
                                                   std::function<void(const Error&)> on_error);

  [[nodiscard]] const Clock& clock() const {
    return player_ ? static_cast<const Clock&>(*clock_) : system_clock();
  }
  models::ProviderTransport& transport();
  /// An exchange with anybody else, as io::http_exchange; `refused` while a cassette plays. Any thread.
  [[nodiscard]] Result<io::HttpResponse> http(const io::HttpRequest& request) const;
  [[nodiscard]] std::string new_id();
  /// From 0 to 1.
  [[nodiscard]] double chance() const;
  /// Nothing of a replay is kept: it would not be the same the second time.
  [[nodiscard]] bool replays() const { return player_ != nullptr; }
  void reload(const Config& config);

 private:
  std::unique_ptr<models::VirtualClock> clock_;
  std::unique_ptr<models::Player> player_;
  std::unique_ptr<models::Recorder> recorder_;
};

}  // namespace exai::serve
