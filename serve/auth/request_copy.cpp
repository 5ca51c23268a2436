#include "serve/auth/request_copy.hpp"

namespace exai::serve::auth {

RequestCopy::RequestCopy(const net::HttpRequest& request)
    : method_(request.method),
      path_(request.path),
      query_(request.query),
      body_(request.body),
      peer_(request.peer),
      answer_headers_(request.answer_headers) {
  headers_.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) headers_.emplace_back(name, value);
}

net::HttpRequest RequestCopy::view() const {
  net::HttpRequest request;
  request.method = method_;
  request.path = path_;
  request.query = query_;
  request.body = body_;
  request.peer = peer_;
  request.answer_headers = answer_headers_;
  for (const auto& [name, value] : headers_) request.headers.emplace_back(name, value);
  return request;
}

std::size_t RequestCopy::bytes() const {
  std::size_t sum = method_.size() + path_.size() + query_.size() + body_.size() + peer_.size();
  for (const auto& [name, value] : headers_) sum += name.size() + value.size();
  return sum;
}

}  // namespace exai::serve::auth
