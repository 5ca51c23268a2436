#include "core/version.hpp"

#include "version.inc"

namespace exai {
std::string_view version() {
  return EXAI_VERSION;
}
std::string_view version_date() {
  return EXAI_VERSION_DATE;
}
}  // namespace exai
