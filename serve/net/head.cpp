#include "serve/net/head.hpp"

#include "core/text.hpp"

#include <array>
#include <charconv>

namespace exai::serve::net {
namespace {

// Method, two spaces, "HTTP/1.1" and the line's end come on top of the target.
constexpr std::size_t k_head_line_bytes = k_target_bytes + 64;
// A head that was much larger than most gives its memory back before the next one.
constexpr std::size_t k_head_kept_bytes = 4096;

constexpr unsigned char k_token = 1, k_visible = 2, k_value = 4;

/// For each byte, where it may stand: in a token, in a target, in a field's value.
constexpr std::array<unsigned char, 256> classes() {
  std::array<unsigned char, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    if (c > 0x20 && c < 0x7f) table.at(c) |= k_visible | k_value;
    if (c == ' ' || c == '\t' || c >= 0x80) table.at(c) |= k_value;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) table.at(c) |= k_token;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table.at(static_cast<unsigned char>(c)) |= k_token;
  return table;
}
constexpr std::array<unsigned char, 256> k_classes = classes();

bool is_of(char c, unsigned char wanted) {
  return (k_classes.at(static_cast<unsigned char>(c)) & wanted) != 0;
}

bool all_of(std::string_view text, unsigned char wanted) {
  return std::all_of(text.begin(), text.end(), [wanted](char c) { return is_of(c, wanted); });
}

bool is_token(std::string_view text) {
  return !text.empty() && all_of(text, k_token);
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls back for each element of a comma-separated list.
template <class Take>
void each_element(std::string_view list, const Take& take) {
  for (;;) {
    const std::size_t comma = list.find(',');
    take(without_blanks(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool is_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && text[6] == '.' && text[5] >= '0' &&
         text[5] <= '9' && text[7] >= '0' && text[7] <= '9';
}

/// True if the last of the codings is "chunked", whatever stands before it.
bool ends_chunked(std::string_view codings) {
  bool last = false;
  each_element(codings, [&last](std::string_view one) { last = equals_ignoring_case(one, "chunked"); });
  return last;
}

}  // namespace

bool lists_token(const HttpRequest& request, std::string_view header, std::string_view token) {
  bool found = false;
  for (const auto& [name, value] : request.headers)
    if (equals_ignoring_case(name, header))
      each_element(value, [&](std::string_view one) { found = found || equals_ignoring_case(one, token); });
  return found;
}

HeadReader::Part HeadReader::part_of(std::string_view piece) const {
  return {static_cast<std::uint32_t>(piece.data() - text_.data()), static_cast<std::uint32_t>(piece.size())};
}

void HeadReader::refuse(int status, std::string_view why) {
  state_ = State::refused;
  refusal_ = plain_error(status, why);
  request_.method = view(method_);  // an answer to HEAD has no body, whatever it says
}

std::size_t HeadReader::take(std::string_view bytes) {
  std::size_t taken = 0;
  while (state_ == State::more && taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    // TLS and other protocols are refused at once: they may never send the end of a line.
    const bool begins = method_.size == 0 && text_.size() == line_start_;
    if (begins && rest.front() != '\r' && !is_of(rest.front(), k_token)) {
      text_ += rest.front();
      refuse(400, "malformed request: this port speaks HTTP/1.1 in plain text");
      break;
    }
    const std::size_t end = rest.find('\n');
    const std::string_view piece = end == std::string_view::npos ? rest : rest.substr(0, end + 1);
    text_ += piece;
    taken += piece.size();
    if (too_long() || end == std::string_view::npos) continue;
    std::string_view line = std::string_view(text_).substr(line_start_);
    line.remove_suffix(1);
    if (line.empty() || line.back() != '\r') {
      refuse(400, "malformed request: a line must end with CR LF");
      break;
    }
    line.remove_suffix(1);
    take_line(line);
    line_start_ = text_.size();
  }
  return taken;
}

bool HeadReader::too_long() {
  if (method_.size == 0 && text_.size() - line_start_ > k_head_line_bytes)
    refuse(414, "the target is longer than 8 KiB");
  else if (text_.size() > k_head_bytes)
    refuse(431, "the header block is larger than 32 KiB");
  return state_ == State::refused;
}

void HeadReader::take_line(std::string_view line) {
  if (method_.size > 0) return line.empty() ? finish() : take_field(line);
  // Some clients end a body with a line of its own (RFC 9112 section 2.2).
  if (!line.empty()) take_request_line(line);
}

void HeadReader::take_request_line(std::string_view line) {
  const std::size_t first = line.find(' '), second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos)
    return refuse(400, "malformed request: the first line must be METHOD TARGET HTTP/1.1");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(method)) return refuse(400, "malformed request: the method is not a token");
  if (target.size() > k_target_bytes) return refuse(414, "the target is longer than 8 KiB");
  if (target.empty() || !all_of(target, k_visible) || target.find('#') != std::string_view::npos)
    return refuse(400, "malformed request: the target holds what must be percent-encoded");
  if (!is_version(version)) return refuse(400, "malformed request: the version must be HTTP/1.1");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505, "this server speaks HTTP/1.1");
  framing_.http10 = version.back() == '0';
  method_ = part_of(method);
  target_ = part_of(target);
}

void HeadReader::take_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t')
    return refuse(400, "malformed request: a header goes on in the next line (obsolete line folding)");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return refuse(400, "malformed request: the name of a header must be a token, right before its colon");
  const std::string_view value = without_blanks(line.substr(colon + 1));
  if (!all_of(value, k_value)) return refuse(400, "malformed request: a header holds control characters");
  if (fields_.size() >= k_head_fields) return refuse(431, "more than 100 headers");
  fields_.emplace_back(part_of(line.substr(0, colon)), part_of(value));
}

void HeadReader::finish() {
  request_.method = view(method_);
  std::string_view authority;
  if (!judge_target(&authority)) return;
  for (const auto& [name, value] : fields_) {
    request_.headers.emplace_back(view(name), view(value));
    auto& [known, text] = request_.headers.back();
    if (!authority.empty() && equals_ignoring_case(known, "host")) text = authority;
  }
  if (!judge_length()) return;
  judge_connection();
  const std::string_view expect = request_.header("expect");
  framing_.expects_continue = !expect.empty() && !framing_.http10;
  if (framing_.expects_continue && !equals_ignoring_case(expect, "100-continue"))
    return refuse(417, "this expectation cannot be met");
  state_ = State::done;
}

bool HeadReader::judge_target(std::string_view* authority) {
  std::string_view target = view(target_);
  if (request_.method == "CONNECT") return refuse(501, "this server is not a proxy"), false;
  if (target == "*" && request_.method == "OPTIONS") return request_.path = target, true;
  if (target.front() != '/') {
    const std::size_t scheme = target.find("://");
    const std::string name = to_lower(target.substr(0, std::min<std::size_t>(scheme, 6)));
    const bool known = name == "http" || name == "https" || name == "ws" || name == "wss";
    if (scheme == std::string_view::npos || !known)
      return refuse(400, "malformed request: the target must be a path or an http URL"), false;
    target.remove_prefix(scheme + 3);
    *authority = target.substr(0, target.find_first_of("/?"));
    if (authority->empty()) return refuse(400, "malformed request: the target names no host"), false;
    target.remove_prefix(authority->size());
    if (target.empty() || target.front() == '?') {
      request_.path = "/";
      request_.query = target.empty() ? target : target.substr(1);
      return true;
    }
  }
  const std::size_t mark = target.find('?');
  request_.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request_.query = target.substr(mark + 1);
  if (request_.path.size() > 1 && request_.path.back() == '/') request_.path.remove_suffix(1);
  return true;
}

bool HeadReader::judge_length() {
  std::string_view length, coding;
  int lengths = 0, codings = 0;
  for (const auto& [name, value] : request_.headers) {
    if (equals_ignoring_case(name, "content-length")) length = value, ++lengths;
    if (equals_ignoring_case(name, "transfer-encoding")) coding = value, ++codings;
  }
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0))
    return refuse(400,
                  "the length of the body is ambiguous: send one Content-Length or one "
                  "Transfer-Encoding: chunked"),
           false;
  if (codings > 0) {
    framing_.chunked = true;
    if (equals_ignoring_case(coding, "chunked") && !framing_.http10) return true;
    // Where "chunked" comes last the length is clear and only the coding is unknown (RFC 9112 section 6.1).
    std::size_t chunked = 0;
    each_element(coding, [&chunked](std::string_view one) {
      if (equals_ignoring_case(one, "chunked")) ++chunked;
    });
    const bool clear = chunked == 1 && ends_chunked(coding) && !framing_.http10;
    return refuse(clear ? 501 : 400,
                  "of transfer codings only \"chunked\", alone and in HTTP/1.1, is understood"),
           false;
  }
  if (lengths == 0) return true;
  const char* const end = length.data() + length.size();
  const bool digits = !length.empty() &&
                      std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return refuse(400, "malformed request: Content-Length must be a decimal number"), false;
  if (std::from_chars(length.data(), end, framing_.length).ec != std::errc())
    return refuse(413, "the body is larger than limits.body allows"), false;
  return true;
}

void HeadReader::judge_connection() {
  const bool close = lists_token(request_, "connection", "close");
  framing_.keep_alive = !close && (!framing_.http10 || lists_token(request_, "connection", "keep-alive"));
}

void HeadReader::reset() {
  state_ = State::more;
  if (text_.capacity() > k_head_kept_bytes) text_ = std::string();
  text_.clear();
  line_start_ = 0;
  method_ = target_ = {};
  fields_.clear();
  framing_ = {};
  request_.method = request_.path = request_.query = request_.body = request_.peer = {};
  request_.headers.clear();
  request_.pass.reset();
  request_.answer_headers.clear();
}

}  // namespace exai::serve::net
