#include "serve/environment.hpp"

#include "io/random.hpp"

#include <cstdlib>

#include <fmt/core.h>

namespace exai::serve {

Result<std::unique_ptr<Environment>> Environment::open(const Config& config, const ServeOptions& options,
                                                       std::function<void(const Error&)> on_error) {
  auto environment = std::make_unique<Environment>();
  if (!options.replay.empty()) {
    Result<models::Cassette> cassette = models::load_cassette(options.replay);
    if (!cassette) return fail(cassette.error());
    environment->clock_ = std::make_unique<models::VirtualClock>(cassette->began);
    environment->player_ = std::make_unique<models::Player>(std::move(*cassette), options.replay.string(),
                                                            *environment->clock_, Redactor(config.secrets()));
  } else if (!options.record.empty()) {
    auto recorder = models::Recorder::open(options.record, models::network(), system_clock(),
                                           Redactor(config.secrets()), std::move(on_error));
    if (!recorder) return fail(recorder.error());
    environment->recorder_ = std::move(*recorder);
  }
  return environment;
}

models::ProviderTransport& Environment::transport() {
  if (player_) return *player_;
  return recorder_ ? static_cast<models::ProviderTransport&>(*recorder_) : models::network();
}

Result<io::HttpResponse> Environment::http(const io::HttpRequest& request) const {
  if (!player_) return io::http_exchange(request);
  const Result<Url> url = parse_url(request.url);
  if (!url) return fail(url.error());
  return fail(ErrorKind::refused, fmt::format("a cassette plays: {}:{} is not asked", url->host, url->port));
}

std::string Environment::new_id() {
  return player_ ? player_->new_id() : io::time_ordered_uuid(system_clock().wall());
}

double Environment::chance() const {
  constexpr double k_values = 65536.0;
  if (player_) return 0.5;
  return static_cast<double>(std::strtoul(io::random_hex(2).c_str(), nullptr, 16)) / k_values;
}

void Environment::reload(const Config& config) {
  if (recorder_) recorder_->set_redactor(Redactor(config.secrets()));
}

}  // namespace exai::serve
