#include "serve/auth/issuer_keys.hpp"

#include "core/text.hpp"

#include <charconv>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::serve::auth {
namespace {

constexpr Millis k_min_lifetime = std::chrono::minutes(5), k_max_lifetime = std::chrono::hours(24),
                 k_usual_lifetime = std::chrono::hours(1);

Result<io::HttpResponse> get_issuer_document(const std::string& url, Deadline deadline,
                                             const io::HttpSender& http) {
  io::HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", "application/json"}};
  request.deadline = deadline;
  request.max_body = k_jwks_bytes;
  Result<io::HttpResponse> answer = http(request);
  if (!answer) return answer;
  if (answer->status != 200)
    return fail(ErrorKind::unreachable, fmt::format("{} answered {}", url, answer->status),
                "see auth.oauth.issuer and auth.oauth.jwks_url");
  return answer;
}

/// The key set's address, from the first metadata document that there is.
Result<std::string> discover_key_set(const OAuthSettings& settings, Deadline deadline,
                                     const io::HttpSender& http) {
  std::optional<Error> first;
  for (const std::string& url : discovery_urls(settings.issuer)) {
    const Result<io::HttpResponse> answer = get_issuer_document(url, deadline, http);
    if (!answer) {
      if (!first) first = answer.error();
      continue;
    }
    const Result<std::string> issuer = json_at(answer->body, "issuer"),
                              jwks = json_at(answer->body, "jwks_uri");
    // A document that names another issuer would have us trust that one (RFC 8414 section 3.3).
    if (!issuer || *issuer != settings.issuer)
      return fail(ErrorKind::invalid, fmt::format("{} is not the metadata of {}", url, settings.issuer),
                  "auth.oauth.issuer must be written as the issuer writes itself");
    if (!jwks || !is_trusted_url(*jwks))
      return fail(ErrorKind::invalid, fmt::format("{} names no https key set (jwks_uri)", url),
                  "set auth.oauth.jwks_url");
    return *jwks;
  }
  return fail(*first);
}

}  // namespace

Millis key_set_lifetime(std::string_view cache_control) {
  for (const std::string& part : split(cache_control, ',')) {
    constexpr std::string_view k_name = "max-age=";
    if (part.size() <= k_name.size() || !equals_ignoring_case(part.substr(0, k_name.size()), k_name))
      continue;
    long long seconds = 0;
    const char* const end = part.data() + part.size();
    const auto [stopped, error] = std::from_chars(part.data() + k_name.size(), end, seconds);
    if (error == std::errc::result_out_of_range) return k_max_lifetime;
    if (error != std::errc{} || stopped != end) continue;
    constexpr long long k_day = 86400;
    return std::clamp(Millis(std::clamp(seconds, 0LL, k_day) * 1000), k_min_lifetime, k_max_lifetime);
  }
  return k_usual_lifetime;
}

Result<FetchedKeys> fetch_issuer_keys(const OAuthSettings& settings, Deadline deadline,
                                      const io::HttpSender& http) {
  const Result<std::string> url = settings.jwks_url.empty() ? discover_key_set(settings, deadline, http)
                                                            : Result<std::string>(settings.jwks_url);
  if (!url) return fail(url.error());
  const Result<io::HttpResponse> answer = get_issuer_document(*url, deadline, http);
  if (!answer) return fail(answer.error());
  Result<JwkSet> keys = JwkSet::parse(answer->body);
  if (!keys) return fail(Error(keys.error()).during(fmt::format("reading {}", *url)));
  std::string cache_control;  // a list may come in several lines
  for (const auto& [name, value] : answer->headers)
    if (name == "cache-control") cache_control += (cache_control.empty() ? "" : ",") + value;
  return FetchedKeys{std::move(*keys), key_set_lifetime(cache_control)};
}

Millis IssuerKeys::pause_left() const {
  if (!begun_) return Millis{0};
  const Millis pause = failed_ ? k_fetch_pause_failed : k_fetch_pause;
  const auto since = std::chrono::floor<Millis>(clock_.steady() - *begun_);
  return std::max(Millis{0}, pause - since);
}

IssuerView IssuerKeys::view() const {
  const bool may = fetching_ || next_ != nullptr || !failed_ || pause_left().count() == 0;
  const auto lacks = [this](std::string_view id) {
    const auto found = not_found_.find(id);
    return found != not_found_.end() && clock_.steady() - found->value < k_not_found_for;
  };
  return {keys_, ever_, may, !fetching_ && !next_ && !failed_, lacks};
}

bool IssuerKeys::due() const {
  return clock_.steady() >= fresh_until_ && !fetching_ && !next_ && pause_left().count() == 0;
}

void IssuerKeys::missed(std::string_view key_id) {
  not_found_.put(std::string(key_id.substr(0, k_max_subject_bytes)), clock_.steady());
}

void IssuerKeys::take(FetchedKeys fetched) {
  keys_ = std::move(fetched.keys);
  fresh_until_ = clock_.steady() + fetched.lifetime;
  ever_ = true;
}

void IssuerKeys::fetch(engine::Background& background, io::HttpSender http,
                       std::function<void(const std::string&)> note) {
  if (fetching_ || next_) return;
  const Millis pause = pause_left();
  if (pause.count() == 0) return begin(background, std::move(http), std::move(note));
  if (failed_) return;
  const std::weak_ptr<IssuerKeys> weak = weak_from_this();
  next_ = background.loop().after(pause, [weak, &background, http = std::move(http), note = std::move(note)] {
    if (const auto self = weak.lock()) self->begin(background, http, note);
  });
}

void IssuerKeys::begin(engine::Background& background, io::HttpSender http,
                       std::function<void(const std::string&)> note) {
  next_.reset();
  fetching_ = true;
  begun_ = clock_.steady();
  // The answer is used even after a reload that replaced us: it releases those who wait here.
  const auto answer = std::make_shared<Result<FetchedKeys>>();
  const auto self = shared_from_this();
  const auto job = [answer, settings = settings_, http = std::move(http)] {
    *answer = fetch_issuer_keys(settings, Deadline::after(k_fetch_deadline), http);
  };
  background.run(job, [self, answer, note = std::move(note)] {
    self->fetching_ = false;
    self->failed_ = !*answer;
    if (*answer)
      self->take(std::move(**answer));
    else if (note)
      note("the issuer's keys could not be fetched: " + answer->error().message);
    self->release();
  });
}

bool IssuerKeys::wait(engine::Background& background, std::size_t bytes, std::function<void()> then) {
  if (waiting_.size() >= k_max_waiting || waiting_bytes_ + bytes > k_max_waiting_bytes) return false;
  waiting_.push_back(std::move(then));
  waiting_bytes_ += bytes;
  const std::weak_ptr<IssuerKeys> weak = weak_from_this();
  if (!patience_)
    patience_ = background.loop().after(k_wait_for_fetch, [weak] {
      if (const auto self = weak.lock()) self->release();
    });
  return true;
}

void IssuerKeys::release() {
  patience_.reset();
  waiting_bytes_ = 0;
  for (const auto& tell : std::exchange(waiting_, {})) tell();
}

}  // namespace exai::serve::auth
