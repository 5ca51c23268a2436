#include "serve/mcp/list_page.hpp"

#include "core/json_access.hpp"
#include "serve/mcp/refusal.hpp"

namespace exai::serve::mcp {

Action list_page(const MethodCall& call, const Listing& listing) {
  const Json& cursor = member_of(call.params, "cursor");
  const bool text = cursor.is_string() && !cursor.get_ref<const std::string&>().empty();
  const std::string* page = cursor.is_null() ? listing.page(call.era(), {})
                            : text           ? listing.page(call.era(), cursor.get_ref<const std::string&>())
                                             : nullptr;
  if (page == nullptr)
    return refuse(call.id(), k_invalid_params,
                  "invalid cursor: it is not of this list as it is now; list again without one");
  return SendAnswer{rpc_result(call.id(), *page)};
}

}  // namespace exai::serve::mcp
