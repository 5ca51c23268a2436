// HTTP client on libcurl, which is loaded on first use so that commands without network start fast.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "core/url.hpp"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::io {

/// One field of multipart/form-data.
struct FormPart {
  std::string name;
  std::string value;           ///< used when `file` is empty
  std::filesystem::path file;  ///< streamed from there
  std::string file_name,
      type;  ///< what the server gets to know of the file; empty = its own name, octet-stream
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  Millis connect_time{0}, first_byte_time{0}, total_time{0};
  [[nodiscard]] std::string header(std::string_view lower_case_name) const;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< http or https; redirects are not followed
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::vector<FormPart> form;  ///< sent as multipart/form-data instead of `body`
  Deadline deadline = Deadline::after(Millis{10000});
  std::stop_token stop;
  Millis connect_timeout{10000};
  std::size_t max_body = std::size_t{16} << 20U;  ///< larger answers are an error, whether streamed or not
  /// Gets status and headers before the first byte goes to `on_data`.
  std::function<void(const HttpResponse&)> on_head{};
  /// When set, bytes go here as they come and `body` of a 2xx answer stays empty; false stops the transfer.
  /// Of any other answer `body` keeps the first MiB.
  std::function<bool(std::string_view)> on_data;
};

/// One exchange. TLS is verified, HTTP(S)_PROXY and NO_PROXY are honoured, only http and https are spoken.
/// The stop token ends it at once (kind cancelled), the deadline with kind timeout; a connection failure is
/// `unreachable` and names address, phase (resolve, connect, TLS, send, receive) and elapsed time. Any status
/// is a success here.
Result<HttpResponse> http_exchange(const HttpRequest& request);

/// How requests go out: http_exchange, or what stands in its place. Any thread.
using HttpSender = std::function<Result<HttpResponse>(const HttpRequest&)>;

// The client's own reading of URLs stands in core, where settings are judged by it.
using exai::parse_url;
using exai::Url;

}  // namespace exai::io
