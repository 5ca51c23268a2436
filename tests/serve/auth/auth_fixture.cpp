#include "tests/serve/auth/auth_fixture.hpp"

#include "tests/catch.hpp"

namespace exai::tests {

Issuer::Issuer() : server_(serve::net::NetLimits{}) {
  const Result<serve::net::BoundSocket> listener =
      server_.listen_http("issuer", "127.0.0.1", 0, "port", *this);
  if (!listener) FAIL(listener.error().message);
  url_ = "http://" + listener->address;
  thread_ = std::thread([this] { server_.run(); });
}

Issuer::~Issuer() {
  server_.stop();
  thread_.join();
}

void Issuer::publish(const std::string& path, std::string body, int status, std::string headers) {
  const std::scoped_lock lock(mutex_);
  pages_[path] = {std::move(body), std::move(headers), status};
}

void Issuer::publish_keys(std::string keys) {
  publish("/.well-known/oauth-authorization-server",
          dump_json({{"issuer", url_}, {"jwks_uri", url_ + "/keys"}}));
  publish("/keys", std::move(keys));
}

void Issuer::hold() {
  const std::scoped_lock lock(mutex_);
  held_ = true;
}

void Issuer::release() {
  server_.loop().post([this] {
    std::unique_lock lock(mutex_);
    held_ = false;
    auto waiting = std::move(waiting_);
    waiting_.clear();
    lock.unlock();
    for (auto& [exchange, answer] : waiting) exchange->answer(std::move(answer));
  });
}

int Issuer::asked(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto found = asked_.find(path);
  return found == asked_.end() ? 0 : found->second;
}

bool Issuer::wait_asked(const std::string& path, int times) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
    const auto found = asked_.find(path);
    return found != asked_.end() && found->second >= times;
  });
}

std::optional<serve::net::HttpResponse> Issuer::admit(serve::net::HttpRequest&) {
  return std::nullopt;
}

void Issuer::handle(const serve::net::HttpRequest& request,
                    const std::shared_ptr<serve::net::ResponseWriter>& exchange) {
  std::unique_lock lock(mutex_);
  const std::string path(request.path);
  ++asked_[path];
  changed_.notify_all();
  const auto found = pages_.find(path);
  serve::net::HttpResponse answer = serve::net::plain_error(404, "nothing here");
  if (found != pages_.end()) {
    answer.status = found->second.status;
    answer.body = found->second.body;
    answer.headers = found->second.headers;
  }
  if (held_) {
    waiting_.emplace_back(exchange, std::move(answer));
    return;
  }
  lock.unlock();
  exchange->answer(std::move(answer));
}

}  // namespace exai::tests
