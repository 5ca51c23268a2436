#include "core/scope.hpp"

namespace exai {

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

std::optional<Scope> parse_scope(std::string_view word) {
  for (const Scope scope : {Scope::viewer, Scope::operator_, Scope::admin})
    if (word == to_string(scope)) return scope;
  return std::nullopt;
}

}  // namespace exai
