// How requests reach a provider: over the network, or from a cassette.
#pragma once

#include "core/result.hpp"
#include "io/http.hpp"

namespace exai::models {

class ProviderTransport {
 public:
  virtual ~ProviderTransport() = default;
  /// One exchange, as io::http_exchange. Any thread.
  virtual Result<io::HttpResponse> exchange(const io::HttpRequest& request) = 0;
};

/// The network itself.
ProviderTransport& network();

}  // namespace exai::models
