#include "models/providers/transport.hpp"

namespace exai::models {
namespace {

class Network final : public ProviderTransport {
 public:
  Result<io::HttpResponse> exchange(const io::HttpRequest& request) override {
    return io::http_exchange(request);
  }
};

}  // namespace

ProviderTransport& network() {
  static Network network;
  return network;
}

}  // namespace exai::models
