// Writes down what providers are asked and answer, without any secret.
#pragma once

#include "core/deadline.hpp"
#include "core/redact.hpp"
#include "models/cassette/cassette.hpp"
#include "models/providers/transport.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

namespace exai::models {

/// The request as a cassette knows it: no headers, secrets replaced, files by their digest.
struct CassetteRequest {
  std::string method, path, body;
};
CassetteRequest cassette_request(const io::HttpRequest& request, const Redactor& redactor);

/// Hands every exchange on and appends it to a file, one write and one fsync each. Thread-safe.
class Recorder final : public ProviderTransport {
 public:
  /// Creates the file (mode 0600); `refused` when there is one already.
  static Result<std::unique_ptr<Recorder>> open(const std::filesystem::path& file, ProviderTransport& next,
                                                const Clock& clock, Redactor redactor,
                                                std::function<void(const Error&)> on_failure = {});
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder() override;
  Result<io::HttpResponse> exchange(const io::HttpRequest& request) override;
  /// After a reload: the secrets of the new settings are kept out too.
  void set_redactor(Redactor redactor);

 private:
  Recorder(int descriptor, ProviderTransport& next, const Clock& clock, Redactor redactor,
           std::function<void(const Error&)> on_failure)
      : descriptor_(descriptor),
        next_(next),
        clock_(clock),
        began_(clock.steady()),
        redactor_(std::make_shared<const Redactor>(std::move(redactor))),
        on_failure_(std::move(on_failure)) {}
  void append(const CassetteExchange& exchange);
  std::shared_ptr<const Redactor> redactor();

  int descriptor_;
  ProviderTransport& next_;
  const Clock& clock_;
  const Steady began_;
  std::mutex mutex_;
  std::shared_ptr<const Redactor> redactor_;
  std::function<void(const Error&)> on_failure_;
  std::uint64_t written_ = 0;
  bool full_ = false;
};

}  // namespace exai::models
