#include "engine/principal.hpp"

namespace exai::engine {

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::viewer:
      return "viewer";
    case Scope::operator_:
      return "operator";
    case Scope::admin:
      return "admin";
  }
  return "viewer";
}

}  // namespace exai::engine
