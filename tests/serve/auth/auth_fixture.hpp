// A clock that tests turn, and an authorization server in this process.
#pragma once

#include "tests/serve/auth/token_maker.hpp"
#include "tests/serve/test_server.hpp"

#include <atomic>
#include <mutex>

namespace exai::tests {

/// The machine's clocks, shifted; any thread.
class AuthClock final : public Clock {
 public:
  [[nodiscard]] Steady steady() const override { return system_clock().steady() + Millis(shift_); }
  [[nodiscard]] Wall wall() const override { return system_clock().wall() + Millis(shift_); }
  void advance(Millis by) { shift_ += by.count(); }

 private:
  std::atomic<long long> shift_{0};
};

/// Answers GET on a free port with what was published, 404 otherwise, and counts.
class Issuer final : public serve::net::HttpHandler {
 public:
  Issuer();
  ~Issuer() override;
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;
  Issuer(Issuer&&) = delete;
  Issuer& operator=(Issuer&&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  void publish(const std::string& path, std::string body, int status = 200, std::string headers = {});
  /// Metadata at the first of the well-known places, and the keys at /keys.
  void publish_keys(std::string keys);
  /// Holds back the answers until release().
  void hold();
  void release();
  [[nodiscard]] int asked(const std::string& path) const;
  /// Waits until a path was asked that often.
  [[nodiscard]] bool wait_asked(const std::string& path, int times) const;

  std::optional<serve::net::HttpResponse> admit(serve::net::HttpRequest& request) override;
  void handle(const serve::net::HttpRequest& request,
              const std::shared_ptr<serve::net::ResponseWriter>& exchange) override;

 private:
  struct Page {
    std::string body, headers;
    int status = 200;
  };
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, Page> pages_;
  std::map<std::string, int> asked_;
  bool held_ = false;
  std::vector<std::pair<std::shared_ptr<serve::net::ResponseWriter>, serve::net::HttpResponse>> waiting_;
  serve::net::NetServer server_;
  std::string url_;
  std::thread thread_;
};

}  // namespace exai::tests
