#include "io/http.hpp"

#include "core/address.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "io/allocator.hpp"
#include "io/curl_library.hpp"
#include "io/guard.hpp"

#include <array>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <cstring>

#include <fmt/core.h>

namespace exai::io {
namespace {

/// One pair of handles a thread: the multi handle keeps connections warm between exchanges.
class Handles {
 public:
  explicit Handles(const CurlLibrary& curl)
      : curl_(curl), easy_(curl.easy_init()), multi_(curl.multi_init()) {}
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    if (easy_ != nullptr) curl_.easy_cleanup(easy_);
    if (multi_ != nullptr) curl_.multi_cleanup(multi_);
  }
  [[nodiscard]] bool usable() const { return easy_ != nullptr && multi_ != nullptr; }
  [[nodiscard]] CURL* easy() const { return easy_; }
  [[nodiscard]] CURLM* multi() const { return multi_; }
  /// A handle whose transfer did not get as far as a connection keeps its buffer and takes no size for one
  /// any more. The connections are the other handle's, and stay.
  void renew() {
    if (easy_ != nullptr) curl_.easy_cleanup(easy_);
    easy_ = curl_.easy_init();
  }
  bool busy = false;  ///< an on_data callback that starts an exchange of its own gets other handles

 private:
  const CurlLibrary& curl_;
  CURL* easy_;
  CURLM* multi_;
};

constexpr std::size_t k_refusal_bytes = std::size_t{1} << 20U;

enum class Halt : std::uint8_t { none, by_receiver, too_large };

struct Exchange {
  const HttpRequest& request;
  HttpResponse response;
  std::size_t received = 0;
  bool begun = false;      ///< on_head was called
  bool sent = false;       ///< libcurl has begun to send the request
  bool sent_back = false;  ///< it wanted to send it again
  Halt halt = Halt::none;
};

/// What the peer may do twice without harm (RFC 9110 9.2.2).
bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 5> k_methods{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"};
  return std::find(k_methods.begin(), k_methods.end(), method) != k_methods.end();
}

/// Before each sending. libcurl sends a request again by itself, up to five times, when a connection that was
/// open already ends before the first byte of the answer. Whether the peer has acted on it nobody knows, so a
/// POST that may cost money goes out once: repeating it is for those who count.
int on_send(void* user, char* /*peer*/, char* /*own*/, int /*peer_port*/, int /*own_port*/) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.sent_back = exchange.sent && !is_idempotent(exchange.request.method);
  exchange.sent = true;
  return exchange.sent_back ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/// Once, as soon as the head of a good answer is there: a stream may send its first event much later.
void announce(Exchange& exchange) {
  const bool success = exchange.response.status >= 200 && exchange.response.status < 300;
  if (exchange.begun || !success) return;
  exchange.begun = true;
  if (exchange.request.on_head) exchange.request.on_head(exchange.response);
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line = trim(std::string_view(bytes, size * count));
  if (line.starts_with("HTTP/")) {  // also of an interim answer, whose headers do not count
    exchange.response.headers.clear();
    const std::size_t blank = line.find(' ');
    exchange.response.status = blank == std::string_view::npos ? 0 : std::atoi(line.data() + blank + 1);
  } else if (line.empty()) {
    announce(exchange);
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    if (exchange.response.headers.size() < 200)
      exchange.response.headers.emplace_back(to_lower(trim(line.substr(0, colon))),
                                             std::string(trim(line.substr(colon + 1))));
  }
  return size * count;
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view piece(bytes, size * count);
  exchange.received += piece.size();
  if (exchange.received > exchange.request.max_body) {
    exchange.halt = Halt::too_large;
    return CURL_WRITEFUNC_ERROR;
  }
  const bool success = exchange.response.status >= 200 && exchange.response.status < 300;
  if (!exchange.request.on_data) {
    exchange.response.body += piece;
  } else if (!success) {  // of a refusal its beginning is enough: the limit is that of a stream
    const std::size_t room = k_refusal_bytes - std::min(k_refusal_bytes, exchange.response.body.size());
    exchange.response.body += piece.substr(0, room);
  } else {
    announce(exchange);
    if (!exchange.request.on_data(piece)) {
      exchange.halt = Halt::by_receiver;
      return CURL_WRITEFUNC_ERROR;
    }
  }
  return piece.size();
}

bool is_loopback(std::string_view host) {
  return equals_ignoring_case(host, "localhost") || host.starts_with("127.") || host == "::1";
}

class Transfer {
 public:
  Transfer(const CurlLibrary& curl, const Handles& handles, const HttpRequest& request, Url url)
      : curl_(curl),
        easy_(handles.easy()),
        multi_(handles.multi()),
        url_(std::move(url)),
        exchange_{request, {}} {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    if (added_) curl_.multi_remove_handle(multi_, easy_);
    curl_.slist_free_all(headers_);
    curl_.easy_reset(easy_);
    curl_.mime_free(form_);
  }
  Result<HttpResponse> run();

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    if (const CURLcode code = curl_.easy_setopt(easy_, option, value);
        code != CURLE_OK && refused_ == CURLE_OK)
      refused_ = code;
  }
  Result<void> set_headers();
  void set_body();
  CURLcode set_part(const FormPart& part);
  Result<void> set_form();
  void set_transport();
  CURLcode drive();
  [[nodiscard]] long long micros(CURLINFO what) const {
    curl_off_t value = 0;
    curl_.easy_getinfo(easy_, what, &value);
    return value;
  }
  [[nodiscard]] std::string_view phase() const;
  Error failure(CURLcode code) const;
  Error connection_failure(CURLcode code) const;
  [[nodiscard]] std::string reason(CURLcode code) const;

  const CurlLibrary& curl_;
  CURL* easy_;
  CURLM* multi_;
  Url url_;
  Exchange exchange_;
  curl_slist* headers_ = nullptr;
  curl_mime* form_ = nullptr;
  char problem_[CURL_ERROR_SIZE] = {};
  CURLcode refused_ = CURLE_OK;
  Steady began_ = system_clock().steady();  // libcurl's own total is 0 while a transfer runs
  bool added_ = false, stopped_ = false, late_ = false;
};

Result<void> Transfer::set_headers() {
  std::vector<std::string> lines{"Expect:"};  // no round trip before the body
  for (const auto& [name, value] : exchange_.request.headers) {
    if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return fail(ErrorKind::invalid, fmt::format("the header {} has a line break", printable(name)));
    lines.push_back(value.empty() ? name + ";" : name + ": " + value);
  }
  for (const std::string& line : lines) headers_ = curl_.slist_append(headers_, line.c_str());
  set(CURLOPT_HTTPHEADER, headers_);
  return {};
}

void Transfer::set_body() {
  const HttpRequest& request = exchange_.request;
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (request.body.empty() && request.method != "POST") return;
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
}

CURLcode Transfer::set_part(const FormPart& part) {
  curl_mimepart* const field = curl_.mime_addpart(form_);
  CURLcode code = curl_.mime_name(field, part.name.c_str());
  if (code == CURLE_OK)
    code = part.file.empty() ? curl_.mime_data(field, part.value.data(), part.value.size())
                             : curl_.mime_filedata(field, part.file.c_str());
  if (code == CURLE_OK && !part.file.empty() && !part.file_name.empty())
    code = curl_.mime_filename(field, part.file_name.c_str());
  if (code == CURLE_OK && !part.type.empty()) code = curl_.mime_type(field, part.type.c_str());
  return code;
}

/// Fields as they are, files read while they are sent: a large one is never in memory as a whole.
Result<void> Transfer::set_form() {
  form_ = curl_.mime_init(easy_);
  for (const FormPart& part : exchange_.request.form) {
    std::error_code problem;
    if (!part.file.empty() && !std::filesystem::is_regular_file(part.file, problem))
      return fail(ErrorKind::missing_input,
                  fmt::format("cannot send {}: {}", printable(part.file.string()),
                              problem ? problem.message() : "no regular file"),
                  "check the path");
    if (const CURLcode code = set_part(part); code != CURLE_OK)
      return fail(ErrorKind::missing_input, fmt::format("cannot send the field {}: {}", printable(part.name),
                                                        curl_.easy_strerror(code)));
  }
  set(CURLOPT_MIMEPOST, form_);
  if (exchange_.request.method != "POST") set(CURLOPT_CUSTOMREQUEST, exchange_.request.method.c_str());
  return {};
}

void Transfer::set_transport() {
  set(CURLOPT_URL, exchange_.request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs must not hold up a cancelled transfer
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");  // and undone; max_body counts what comes out
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_USERAGENT, ("exai/" + std::string(version())).c_str());
  // Most transfers wait: small buffers keep a thousand of them cheap (libcurl takes 16 and 64 KiB otherwise).
  set(CURLOPT_BUFFERSIZE, 8192L);
  set(CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(problem_));
  const auto connect = std::min(exchange_.request.connect_timeout, exchange_.request.deadline.left());
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<long long>(connect.count(), 1)));
  if (const char* const authorities = std::getenv("SSL_CERT_FILE");
      authorities != nullptr && *authorities != '\0')
    set(CURLOPT_CAINFO, authorities);
  // curl reads https_proxy, HTTPS_PROXY, all_proxy and no_proxy itself, but HTTP_PROXY only in lower case.
  // What runs on this machine is never asked through a proxy.
  if (is_loopback(url_.host)) {
    set(CURLOPT_PROXY, "");
  } else if (const char* const proxy = std::getenv("HTTP_PROXY");
             proxy != nullptr && url_.scheme == "http" && std::getenv("http_proxy") == nullptr) {
    set(CURLOPT_PROXY, proxy);
  }
  set(CURLOPT_PREREQFUNCTION, &on_send);
  set(CURLOPT_PREREQDATA, static_cast<void*>(&exchange_));
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange_));
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange_));
}

/// Until the transfer ends, the deadline passes or someone asks to stop.
CURLcode Transfer::drive() {
  const std::stop_callback wake(exchange_.request.stop, [this] { curl_.multi_wakeup(multi_); });
  for (;;) {
    if ((stopped_ = exchange_.request.stop.stop_requested())) return CURLE_ABORTED_BY_CALLBACK;
    if ((late_ = exchange_.request.deadline.passed())) return CURLE_OPERATION_TIMEDOUT;
    int running = 0;
    if (const CURLMcode code = curl_.multi_perform(multi_, &running); code != CURLM_OK)
      return CURLE_FAILED_INIT;
    int queued = 0;
    while (const CURLMsg* const message = curl_.multi_info_read(multi_, &queued))
      if (message->msg == CURLMSG_DONE) return message->data.result;
    constexpr long long k_slice = 60'000;
    const auto wait = std::min<long long>(exchange_.request.deadline.left().count(), k_slice);
    if (curl_.multi_poll(multi_, nullptr, 0, static_cast<int>(wait), nullptr) != CURLM_OK)
      return CURLE_FAILED_INIT;
  }
}

std::string_view Transfer::phase() const {
  if (micros(CURLINFO_PRETRANSFER_TIME_T) > 0)
    return "receive";  // also on a connection that was open already
  if (micros(CURLINFO_NAMELOOKUP_TIME_T) == 0) return "resolve";
  if (micros(CURLINFO_CONNECT_TIME_T) == 0) return "connect";
  if (url_.scheme == "https" && micros(CURLINFO_APPCONNECT_TIME_T) == 0) return "TLS";
  return "send";
}

Error Transfer::connection_failure(CURLcode code) const {
  std::string_view where = phase();
  std::string hint;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      where = "resolve";
      hint = "check the host name, the DNS server and the proxy variables";
      break;
    case CURLE_COULDNT_CONNECT:
      where = "connect";
      hint = "check that the service runs and that the address and port are right";
      break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      where = "TLS";
      hint =
          "the certificate must be signed by a known authority: apt-get install ca-certificates, or name "
          "yours in SSL_CERT_FILE";
      break;
    case CURLE_SEND_ERROR:
      where = "send";
      break;
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      where = "receive";
      break;
    default:
      break;
  }
  return make_error(
      ErrorKind::unreachable,
      fmt::format("cannot reach {}: {} failed after {}: {}", format_address(url_.host, url_.port), where,
                  format_duration(Millis(micros(CURLINFO_TOTAL_TIME_T) / 1000)), reason(code)),
      std::move(hint));
}

/// Why, without what the sentence around it says already: libcurl repeats address, phase and time.
std::string Transfer::reason(CURLcode code) const {
  if (code == CURLE_COULDNT_RESOLVE_HOST) return "no address is known for this name";
  if (code == CURLE_COULDNT_RESOLVE_PROXY) return "no address is known for the proxy";
  long number = 0;
  curl_.easy_getinfo(easy_, CURLINFO_OS_ERRNO, &number);
  if (code == CURLE_COULDNT_CONNECT && number != 0) {
    std::string text = std::strerror(static_cast<int>(number));
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
  }
  return problem_[0] != '\0' ? static_cast<const char*>(problem_) : curl_.easy_strerror(code);
}

Error Transfer::failure(CURLcode code) const {
  const std::string address = fmt::format("{}:{}", url_.host, url_.port);
  const std::string elapsed =
      format_duration(std::chrono::duration_cast<Millis>(system_clock().steady() - began_));
  if (stopped_)
    return make_error(ErrorKind::cancelled,
                      fmt::format("the request to {} was cancelled in phase {}", address, phase()));
  if (late_ || (code == CURLE_OPERATION_TIMEDOUT && exchange_.request.deadline.passed()))
    return make_error(
        ErrorKind::timeout,
        fmt::format("no answer from {} in time: phase {} was not over after {}", address, phase(), elapsed));
  if (exchange_.sent_back)
    return make_error(ErrorKind::unreachable,
                      fmt::format("{} closed the connection before it answered; it may have acted on the "
                                  "request, which is not sent again unasked",
                                  address));
  if (exchange_.halt == Halt::too_large)
    return make_error(ErrorKind::invalid, fmt::format("the answer of {} is larger than {} bytes", address,
                                                      exchange_.request.max_body));
  switch (code) {
    case CURLE_PARTIAL_FILE:
      return make_error(ErrorKind::invalid, fmt::format("the answer of {} was cut short after {} bytes",
                                                        address, exchange_.received));
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
      return make_error(ErrorKind::invalid, fmt::format("{} does not answer in HTTP: {}", address,
                                                        static_cast<const char*>(problem_)));
    default:
      return connection_failure(code);
  }
}

Result<HttpResponse> Transfer::run() {
  set_transport();
  if (exchange_.request.form.empty()) {
    set_body();
  } else if (auto form = set_form(); !form) {
    return fail(form.error());
  }
  if (auto headers = set_headers(); !headers) return fail(headers.error());
  if (refused_ != CURLE_OK)
    return fail(ErrorKind::internal,
                fmt::format("libcurl refused an option: {}", curl_.easy_strerror(refused_)));
  if (curl_.multi_add_handle(multi_, easy_) != CURLM_OK)
    return fail(ErrorKind::internal, "libcurl did not take the transfer");
  added_ = true;
  const CURLcode code = drive();
  if (code != CURLE_OK && exchange_.halt != Halt::by_receiver) return fail(failure(code));
  HttpResponse& response = exchange_.response;
  response.connect_time = Millis(micros(CURLINFO_CONNECT_TIME_T) / 1000);
  response.first_byte_time = Millis(micros(CURLINFO_STARTTRANSFER_TIME_T) / 1000);
  response.total_time = Millis(micros(CURLINFO_TOTAL_TIME_T) / 1000);
  return std::move(response);
}

}  // namespace

std::string HttpResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name) return value;
  return {};
}

Result<HttpResponse> http_exchange(const HttpRequest& request) {
  Result<Url> url = parse_url(request.url);
  if (!url) return fail(url.error());
  if (url->scheme != "http" && url->scheme != "https")
    return fail(ErrorKind::invalid,
                fmt::format("{} is not an HTTP address", url->scheme + "://" + url->host));
  if (auto allowed = permit(fmt::format("connect to {}:{}", url->host, url->port)); !allowed)
    return fail(allowed.error());
  const Result<const CurlLibrary*> curl = curl_library();
  if (!curl) return fail(curl.error());
  thread_local Handles t_handles(**curl);
  std::optional<Handles> own;
  Handles& handles = t_handles.busy ? own.emplace(**curl) : t_handles;
  if (!handles.usable()) return fail(ErrorKind::internal, "libcurl gave no handle");
  handles.busy = true;
  give_back_memory();  // the answer may take minutes
  Result<HttpResponse> result = Transfer(**curl, handles, request, std::move(*url)).run();
  if (!result) handles.renew();
  handles.busy = false;
  return result;
}

}  // namespace exai::io
