#include "serve/net/exchange.hpp"

#include "core/json.hpp"
#include "core/text.hpp"

namespace exai::serve::net {

bool HttpRequest::same_name(std::string_view a, std::string_view b) {
  return equals_ignoring_case(a, b);
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (same_name(known, name)) return value;
  return {};
}

HttpResponse plain_error(int status, std::string_view message, std::string headers) {
  HttpResponse answer;
  answer.status = status;
  answer.body = "{\"error\":{\"message\":" + quote_json(message) + "}}";
  answer.headers = std::move(headers);
  return answer;
}

}  // namespace exai::serve::net
