// A request that outlives its connection's buffers, for the time in which it waits.
#pragma once

#include "serve/net/exchange.hpp"

#include <string>
#include <utility>
#include <vector>

namespace exai::serve::auth {

class RequestCopy {
 public:
  explicit RequestCopy(const net::HttpRequest& request);
  /// The same request; valid as long as this object.
  [[nodiscard]] net::HttpRequest view() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  std::string method_, path_, query_, body_, peer_, answer_headers_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace exai::serve::auth
