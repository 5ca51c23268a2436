#include "checks/fixes/exported.hpp"

#include "core/check.hpp"

#include <fmt/core.h>

namespace exai::checks {

CheckResult not_exported(std::string_view what) {
  return check_fail(fmt::format("the running server does not export {}", what),
                    "it is older than this program: restart exai serve");
}

}  // namespace exai::checks
