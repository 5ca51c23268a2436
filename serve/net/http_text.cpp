#include "serve/net/http_text.hpp"

#include <array>
#include <charconv>

namespace exai::serve::net {
namespace {

template <class Number>
void append_number(std::string& out, Number number, int base) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  out.append(digits.data(), end.ptr);
}

void status_line(std::string& out, int status) {
  out += "HTTP/1.1 ";
  append_number(out, status, 10);
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

void write_head(std::string& out, const HttpResponse& answer, Persistence persistence) {
  status_line(out, answer.status);
  if (answer.status != 204) {
    out += "Content-Length: ";
    append_number(out, answer.body.size(), 10);
    out += "\r\n";
  }
  if (!answer.body.empty()) {
    out += "Content-Type: ";
    out += answer.type;
    out += "\r\n";
  }
  if (persistence == Persistence::close) out += "Connection: close\r\n";
  if (persistence == Persistence::keep_announced) out += "Connection: keep-alive\r\n";
  out += "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n";
  out += answer.headers;
  out += "\r\n";
}

void write_stream_head(std::string& out, std::string_view headers, bool chunked) {
  status_line(out, 200);
  out +=
      "Content-Type: text/event-stream\r\nCache-Control: no-cache, no-transform\r\nX-Accel-Buffering: no\r\n";
  out += chunked ? "Transfer-Encoding: chunked\r\n" : "Connection: close\r\n";
  out += headers;
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view bytes, bool chunked) {
  if (!chunked) {
    out += bytes;
    return;
  }
  append_number(out, bytes.size(), 16);
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

}  // namespace exai::serve::net
