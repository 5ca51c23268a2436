#include "models/cassette/recorder.hpp"

#include "core/digest.hpp"
#include "io/files.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

namespace exai::models {
namespace {

// A cassette is read whole; files are read up to 64 MiB.
constexpr std::uint64_t k_max_bytes = std::uint64_t{60} << 20U;

// What a client may act on. Cookies and the like have no business in a file.
constexpr std::array<std::string_view, 10> k_headers{"content-type",
                                                     "retry-after",
                                                     "msh-context-cache-token-saved",
                                                     "msh-context-cache-id",
                                                     "msh-trace-id",
                                                     "msh-request-id",
                                                     "x-request-id",
                                                     "x-log-id",
                                                     "openai-processing-ms",
                                                     "date"};

std::string path_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return path == std::string::npos ? "/" : url.substr(path);
}

std::string form_text(const std::vector<io::FormPart>& form) {
  std::string text;
  for (const io::FormPart& part : form) {
    if (part.file.empty()) {
      text += fmt::format("{}={}\n", part.name, part.value);
      continue;
    }
    const Result<std::string> content = io::read_file(part.file, std::uint64_t{200} << 20U);
    text += fmt::format("{}: file {} sha256 {}\n", part.name,
                        part.file_name.empty() ? part.file.filename().string() : part.file_name,
                        content ? sha256_hex(*content) : "unreadable");
  }
  return text;
}

/// A secret may lie across two pieces: then the pieces are joined, and the whole is cleaned.
void clean(CassetteExchange& exchange, const Redactor& redactor) {
  std::string whole;
  for (const CassetteChunk& chunk : exchange.chunks) whole += chunk.bytes;
  if (!redactor.clean(whole)) {
    Millis after{0};
    for (const CassetteChunk& chunk : exchange.chunks) after += chunk.after;
    exchange.chunks = {{after, redactor.apply(whole)}};
  }
  for (auto& [name, value] : exchange.headers) value = redactor.apply(value);
  if (!exchange.error) return;
  exchange.error->message = redactor.apply(exchange.error->message);
  exchange.error->hint = redactor.apply(exchange.error->hint);
}

Error disk_error(std::string_view doing) {
  return make_error(ErrorKind::missing_input,
                    fmt::format("the cassette cannot be {}: {}", doing, std::strerror(errno)));
}

}  // namespace

CassetteRequest cassette_request(const io::HttpRequest& request, const Redactor& redactor) {
  return {request.method, redactor.apply(path_of(request.url)),
          redactor.apply(request.form.empty() ? request.body : form_text(request.form))};
}

Result<std::unique_ptr<Recorder>> Recorder::open(const std::filesystem::path& file, ProviderTransport& next,
                                                 const Clock& clock, Redactor redactor,
                                                 std::function<void(const Error&)> on_failure) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    if (errno == EEXIST)
      return fail(ErrorKind::refused, fmt::format("{} is there already", file.string()),
                  "name a new file for --record, or remove this one");
    return fail(ErrorKind::missing_input,
                fmt::format("{} cannot be created: {}", file.string(), std::strerror(errno)),
                "name a file in a folder that can be written");
  }
  std::unique_ptr<Recorder> recorder(
      new Recorder(descriptor, next, clock, std::move(redactor), std::move(on_failure)));
  const std::string head = cassette_head(clock.wall());
  if (::write(descriptor, head.data(), head.size()) != static_cast<ssize_t>(head.size()))
    return fail(disk_error("written"));
  recorder->written_ = head.size();
  return recorder;
}

Recorder::~Recorder() {
  ::close(descriptor_);
}

std::shared_ptr<const Redactor> Recorder::redactor() {
  const std::scoped_lock lock(mutex_);
  return redactor_;
}

void Recorder::set_redactor(Redactor redactor) {
  const std::scoped_lock lock(mutex_);
  redactor_ = std::make_shared<const Redactor>(std::move(redactor));
}

Result<io::HttpResponse> Recorder::exchange(const io::HttpRequest& request) {
  const std::shared_ptr<const Redactor> secrets = redactor();
  CassetteExchange record;
  CassetteRequest redacted = cassette_request(request, *secrets);
  record.method = std::move(redacted.method);
  record.path = std::move(redacted.path);
  record.body = std::move(redacted.body);
  Steady last = clock_.steady();
  record.at = std::chrono::duration_cast<Millis>(last - began_);
  const auto since = [&] {
    const Steady now = clock_.steady();
    const auto passed = std::chrono::duration_cast<Millis>(now - last);
    last += passed;
    return passed;
  };
  io::HttpRequest listened = request;
  if (request.on_data)
    listened.on_data = [&](std::string_view bytes) {
      record.chunks.push_back({since(), std::string(bytes)});
      return request.on_data(bytes);
    };
  Result<io::HttpResponse> response = next_.exchange(listened);
  if (response) {
    record.status = response->status;
    for (const auto& header : response->headers)
      if (std::find(k_headers.begin(), k_headers.end(), header.first) != k_headers.end())
        record.headers.push_back(header);
    if (!response->body.empty()) record.chunks.push_back({since(), response->body});
  } else {
    record.error = response.error();
  }
  record.end = since();
  clean(record, *secrets);
  append(record);
  return response;
}

void Recorder::append(const CassetteExchange& exchange) {
  const std::string item = cassette_item(exchange);
  const std::scoped_lock lock(mutex_);
  if (full_) return;
  if (written_ + item.size() > k_max_bytes) {
    full_ = true;
    if (on_failure_)
      on_failure_(make_error(ErrorKind::budget, "the cassette is full: further exchanges are not recorded"));
    return;
  }
  std::string_view rest = item;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written <= 0) {
      full_ = true;  // what follows a torn exchange could not be read
      if (on_failure_) on_failure_(disk_error("written any further"));
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  written_ += item.size();
  if (::fsync(descriptor_) != 0 && on_failure_) on_failure_(disk_error("brought to the disk"));
}

}  // namespace exai::models
