// One exchange with a provider: address, key, headers, faults as kinds that a caller can act on.
#pragma once

#include "core/redact.hpp"
#include "models/providers/completion.hpp"
#include "models/providers/provider.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::models {

class ProviderClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  using OnDelta = std::function<void(std::string_view)>;

  ProviderClient(const Provider& provider, const ProviderCall& call);

  Result<io::HttpResponse> get(std::string_view path);
  /// One completion, streamed when the body says so. `answered` gets the headers of the answer.
  Result<Completion> complete(const Json& body, const Headers& extra, const OnDelta& on_delta,
                              Headers& answered);
  Result<ProviderAnswer> ask(const ProviderRequest& wanted);
  /// Of all that is configured: no answer carries one of them further.
  [[nodiscard]] const Redactor& secrets() const { return redactor_; }

 private:
  [[nodiscard]] Result<io::HttpRequest> prepared(std::string_view path) const;
  Result<Completion> answer_of(io::HttpRequest& request, const OnDelta& on_delta, Headers& answered);
  Result<io::HttpResponse> judged(Result<io::HttpResponse> response);
  [[nodiscard]] Error refused(const io::HttpResponse& response);
  [[nodiscard]] Error wrong_type(const io::HttpResponse& response, std::string_view instead);
  [[nodiscard]] Error explained(Error error);
  [[nodiscard]] Error too_large(std::size_t max);
  void settle();
  void set_limit();

  const Provider& provider_;
  const ProviderCall& call_;
  Secret key_;
  Redactor own_secrets_;
  const Redactor& redactor_;
  Deadline deadline_;
  std::string_view limit_;  ///< the setting that deadline_ comes from
};

}  // namespace exai::models
