#include "mcp/client/answer.hpp"

#include "io/http.hpp"

#include <fmt/core.h>

namespace exai::mcp::client {

void Answer::begin(std::string_view content_type) {
  parser_ = SseParser(limit_);
  raw_.clear();
  const std::string type = to_lower(content_type);
  // Without a type, or with one that fits neither, the first character decides: see receive().
  kind_ = type.find("text/event-stream") != std::string::npos ? Kind::events
          : type.find("json") != std::string::npos || type.find("html") != std::string::npos
              ? Kind::whole
              : Kind::undecided;
}

bool Answer::hand_over(std::string_view text) {
  const Result<bool> taken = take_(text);
  if (!taken)
    broken_ = taken.error();
  else
    done_ = *taken;
  return done_;
}

bool Answer::collect(std::string_view bytes) {
  if (raw_.size() + bytes.size() > limit_) {
    broken_ =
        make_error(ErrorKind::invalid, fmt::format("the server's answer is larger than {} bytes", limit_),
                   "ask for less at once");
    return false;
  }
  raw_ += bytes;
  return true;
}

bool Answer::receive(std::string_view bytes) {
  std::string before;
  if (kind_ == Kind::undecided) {
    before = raw_ + std::string(bytes);  // blanks and a byte order mark decide nothing
    std::string_view content = before;
    constexpr std::string_view k_mark = "\xEF\xBB\xBF";
    if (k_mark.starts_with(content.substr(0, k_mark.size())))
      content.remove_prefix(std::min(content.size(), k_mark.size()));
    content = trim(content);
    if (content.empty()) return collect(bytes);
    kind_ = content.front() == '{' || content.front() == '[' || content.front() == '<' ? Kind::whole
                                                                                       : Kind::events;
    if (kind_ == Kind::events) {
      raw_.clear();
      bytes = before;
    }
  }
  if (kind_ == Kind::whole) return collect(bytes);
  auto fed = parser_.feed(bytes, [&](const SseEvent& event) {
    if (!event.id.empty()) last_event = event.id;
    // Events of another name are not messages, whatever they hold.
    if (!done_ && !broken_ && !event.data.empty() && event.event == "message") hand_over(event.data);
  });
  if (!fed) broken_ = fed.error();
  return !done_ && !broken_;  // a server may keep its stream open after the answer
}

Result<io::HttpResponse> exchange_same_origin(io::HttpRequest request, std::string* moved) {
  constexpr int k_redirects = 5;
  const std::string first = request.url;
  for (int redirect = 0;; ++redirect) {
    auto response = io::http_exchange(request);
    if (!response) return response;
    const int status = response->status;
    // 303 means another method; no server of MCP has a use for it.
    const bool follows = status == 301 || status == 302 || status == 307 || status == 308;
    const std::string location = response->header("location");
    if (!follows || location.empty()) return response;
    if (redirect == k_redirects)
      return fail(ErrorKind::invalid, fmt::format("{} redirects for ever, last to {}", printable(first),
                                                  printable(location.substr(0, 200))));
    auto next = same_origin(request.url, location);
    if (!next) return fail(next.error());
    request.url = std::move(*next);
    if (moved != nullptr && (status == 301 || status == 308)) *moved = request.url;
  }
}

Result<std::string> same_origin(const std::string& base, std::string_view reference) {
  const Result<Url> from = parse_url(base);
  if (!from) return fail(from.error());
  const std::size_t authority = base.find("://") + 3;
  const std::string origin = base.substr(0, base.find_first_of("/?#", authority));
  const std::string path = from->path.substr(0, from->path.find('?'));
  std::string url(trim(reference));
  url.resize(std::min(url.find('#'), url.size()));
  const std::size_t colon = url.find_first_of(":/?");
  const bool absolute = colon != std::string::npos && url[colon] == ':';
  if (url.starts_with("//"))
    url.insert(0, base.substr(0, authority - 2));
  else if (url.starts_with('/'))
    url.insert(0, origin);
  else if (url.starts_with('?') || url.empty())
    url.insert(0, origin + path);
  else if (!absolute)
    url.insert(0, origin + path.substr(0, path.rfind('/') + 1));
  const Result<Url> to = parse_url(url);
  if (!to) return fail(to.error());
  if (to->scheme == from->scheme && equals_ignoring_case(to->host, from->host) && to->port == from->port)
    return url;
  return fail(ErrorKind::refused,
              fmt::format("{} wants its messages sent elsewhere: {}://{}:{}", printable(base), to->scheme,
                          to->host, to->port),
              fmt::format("if that server is the one you mean, name it: {}", printable(url)));
}

}  // namespace exai::mcp::client
