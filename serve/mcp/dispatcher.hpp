// The pure heart of MCP: a message and what is known of its sender in, an action out. Knows no socket, thread
// or clock.
#pragma once

#include "serve/mcp/action.hpp"
#include "serve/mcp/catalogue.hpp"

#include <memory>

namespace exai::serve::mcp {

class Dispatcher {
 public:
  Dispatcher(const CurrentCatalogue& catalogue, const McpWriter& writer)
      : catalogue_(catalogue), writer_(writer) {}
  /// `message` is consumed. `request` is nullptr where there are no headers.
  [[nodiscard]] Action dispatch(RpcMessage message, const RequestContext& context,
                                const net::HttpRequest* request) const;
  [[nodiscard]] std::shared_ptr<const Catalogue> catalogue() const { return catalogue_.get(); }
  [[nodiscard]] const McpWriter& writer() const { return writer_; }

 private:
  [[nodiscard]] Action request(RpcMessage& message, const RequestContext& context,
                               const net::HttpRequest* request) const;

  const CurrentCatalogue& catalogue_;
  const McpWriter& writer_;
};

}  // namespace exai::serve::mcp
