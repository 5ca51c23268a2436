// One exchange with a provider: address, key, headers, faults as kinds that a caller can act on.
#pragma once

#include "core/redact.hpp"
#include "serve/providers/completion.hpp"
#include "serve/providers/provider.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::serve {

class ProviderClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  using OnDelta = std::function<void(std::string_view)>;

  ProviderClient(const Provider& provider, const ProviderCall& call);

  Result<io::HttpResponse> get(std::string_view path);
  /// One completion, streamed when the body says so. `answered` gets the headers of the answer.
  Result<Completion> complete(const Json& body, const Headers& extra, const OnDelta& on_delta,
                              Headers& answered);
  Result<ProviderAnswer> ask(const ProviderAsk& ask);

 private:
  [[nodiscard]] io::HttpRequest prepared(std::string_view path) const;
  Result<Completion> whole(io::HttpRequest& request, Headers& answered);
  Result<Completion> streamed(io::HttpRequest& request, const OnDelta& on_delta, Headers& answered);
  Result<Completion> end_of_stream(const io::HttpResponse& response, Completion answer, std::string_view raw,
                                   bool done, const OnDelta& on_delta);
  Result<io::HttpResponse> judged(Result<io::HttpResponse> response);
  [[nodiscard]] Error refused(const io::HttpResponse& response);
  [[nodiscard]] Error wrong_type(const io::HttpResponse& response);
  [[nodiscard]] Error too_large(std::size_t most);
  void settle();

  const Provider& provider_;
  const ProviderCall& call_;
  Secret key_;
  Redactor redactor_;
  Deadline deadline_;
};

}  // namespace exai::serve
