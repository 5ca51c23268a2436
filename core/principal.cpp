#include "core/principal.hpp"

#include <fmt/core.h>

namespace exai {

Result<void> check_scope(const Principal& caller, Scope needed, std::string_view what) {
  if (caller.may(needed)) return {};
  Error error = make_error(ErrorKind::refused,
                           fmt::format("the key {} has the scope {}, but {} needs {}", caller.name,
                                       to_string(caller.scope), what, to_string(needed)),
                           "use a key of that scope (exai key list)");
  error.needed_scope = needed;
  return fail(std::move(error));
}

}  // namespace exai
