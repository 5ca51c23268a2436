// A method of MCP: a record, with one handler. The records stand in methods/.
#pragma once

#include "core/registry.hpp"
#include "serve/mcp/action.hpp"
#include "serve/mcp/catalogue.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace exai::serve::mcp {

/// What the handler of a method gets; it may consume `params`.
struct MethodCall {
  const RpcMessage& message;  ///< its params are gone
  const RequestContext& context;
  const net::HttpRequest* request;  ///< nullptr where there are no headers
  Json params;                      ///< an object
  std::shared_ptr<const Catalogue> catalogue;
  const McpWriter& writer;

  [[nodiscard]] const RpcId& id() const { return message.id; }
  [[nodiscard]] Era era() const { return context.revision.era; }
};

struct Method {
  std::string_view id;  ///< "tools/call"
  bool in_session = true, stateless = true;
  Scope scope = Scope::viewer;  ///< of the method itself; what it begins may need more (engine::Job)
  Action (*handle)(MethodCall&) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
  [[nodiscard]] bool known_in(Era era) const { return era == Era::session ? in_session : stateless; }
};

}  // namespace exai::serve::mcp
