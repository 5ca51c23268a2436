#include "models/cassette/player.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"
#include "models/cassette/recorder.hpp"

#include <fmt/core.h>

namespace exai::models {
namespace {
std::string request_key(const std::string& method, const std::string& path, const std::string& body) {
  return sha256_hex(method + '\n' + path + '\n' + body);
}
}  // namespace

Player::Player(Cassette cassette, std::string file, const VirtualClock& clock, Redactor redactor)
    : cassette_(std::move(cassette)), file_(std::move(file)), clock_(clock), redactor_(std::move(redactor)) {
  for (std::size_t i = cassette_.exchanges.size(); i > 0; --i) {
    const CassetteExchange& one = cassette_.exchanges[i - 1];
    waiting_[request_key(one.method, one.path, one.body)].push_back(i - 1);
  }
}

const CassetteExchange* Player::take(const std::string& method, const std::string& path,
                                     const std::string& body) {
  const std::scoped_lock lock(mutex_);
  const auto found = waiting_.find(request_key(method, path, body));
  if (found == waiting_.end() || found->second.empty()) return nullptr;
  const std::size_t index = found->second.back();
  found->second.pop_back();
  return &cassette_.exchanges[index];
}

Error Player::missing(const std::string& method, const std::string& path, const std::string& body) const {
  constexpr std::size_t k_shown = 120;
  const bool known = waiting_.find(request_key(method, path, body)) != waiting_.end();
  return make_error(ErrorKind::unreachable,
                    fmt::format("the cassette {} has no {}answer to {} {} with the body {}{}", file_,
                                known ? "further " : "", method, printable(path),
                                printable(body.substr(0, k_shown)), body.size() > k_shown ? "..." : ""),
                    "record anew with exai serve --record FILE, making the same calls");
}

Result<io::HttpResponse> Player::exchange(const io::HttpRequest& request) {
  if (request.stop.stop_requested()) return fail(ErrorKind::cancelled, "the request was cancelled");
  const CassetteRequest redacted = cassette_request(request, redactor_);
  const CassetteExchange* played = take(redacted.method, redacted.path, redacted.body);
  if (played != nullptr) return play(request, *played);
  if (cassette_.echo) return play(request, echo_.answer(request));
  return fail(missing(redacted.method, redacted.path, redacted.body));
}

Result<io::HttpResponse> Player::play(const io::HttpRequest& request, const CassetteExchange& exchange) {
  io::HttpResponse response;
  response.status = exchange.status;
  response.headers = exchange.headers;
  const bool success = exchange.status >= 200 && exchange.status < 300;
  bool wanted = true;
  if (request.on_head && request.on_data && success) request.on_head(response);
  for (const CassetteChunk& chunk : exchange.chunks) {
    clock_.advance(chunk.after);
    if (!request.on_data || (!success && !exchange.error))
      response.body += chunk.bytes;
    else if (wanted)
      wanted = request.on_data(chunk.bytes);
  }
  clock_.advance(exchange.end);
  if (exchange.error) return fail(*exchange.error);
  return response;
}

std::string Player::new_id() {
  std::size_t number = 0;
  {
    const std::scoped_lock lock(mutex_);
    number = ids_++;
  }
  std::string hex = sha256_hex(fmt::format("{} {}", cassette_.fingerprint, number)).substr(0, 32);
  hex[12] = '4';  // the shape of a random UUID, which callers check
  hex[16] = 'a';
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' + hex.substr(16, 4) + '-' +
         hex.substr(20);
}

std::size_t Player::left() const {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0;
  for (const auto& [key, indices] : waiting_) count += indices.size();
  return count;
}

}  // namespace exai::models
