#include "serve/auth/challenge.hpp"

#include "serve/auth/access.hpp"

#include <fmt/core.h>

namespace exai::serve::auth {
namespace {

/// One header line. The texts are ours and need no quoting.
std::string line(const Challenge& challenge, std::string_view error, std::string_view scope) {
  std::string text = "WWW-Authenticate: Bearer ";
  if (challenge.metadata.empty() && error.empty()) return text + "realm=\"exai\"\r\n";
  std::string_view before;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text += fmt::format("{}{}=\"{}\"", before, name, value);
    before = ", ";
  };
  add("error", error);
  add("scope", scope);
  add("resource_metadata", challenge.metadata);
  return text + "\r\n";
}

}  // namespace

std::string scope_names(Scope highest) {
  std::string text;
  for (const Scope scope : {Scope::viewer, Scope::operator_, Scope::admin})
    if (scope <= highest) text += fmt::format("{}exai:{}", text.empty() ? "" : " ", to_string(scope));
  return text;
}

net::HttpResponse unauthorized(const Challenge& challenge, Scope wanted, std::string_view message,
                               bool given) {
  return net::plain_error(
      401, message,
      line(challenge, given ? "invalid_token" : "", challenge.metadata.empty() ? "" : scope_names(wanted)));
}

net::HttpResponse forbidden(Scope needed, const Challenge& challenge) {
  return net::plain_error(403, fmt::format("this needs a key or token of scope {}", to_string(needed)),
                          line(challenge, "insufficient_scope", fmt::format("exai:{}", to_string(needed))));
}

}  // namespace exai::serve::auth
