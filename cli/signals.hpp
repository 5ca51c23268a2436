// Ctrl-C and SIGTERM as a stop token.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

namespace exai::cli {

/// While it lives, the first SIGINT or SIGTERM says "stopping, again to force" on standard error and requests
/// a stop; the second ends the process at once with 128 + signal. One object at a time.
class SignalStop {
 public:
  SignalStop();
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;
  [[nodiscard]] std::stop_token token() const;
  /// The signal that came, if one did.
  [[nodiscard]] std::optional<int> caught() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::cli
