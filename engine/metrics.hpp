// The server's metrics; prometheus-cpp is named in metrics.cpp only.
#pragma once

#include "models/answer_cache.hpp"
#include "models/observer.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exai::engine {

enum class Transport : std::uint8_t { http, websocket, stdio };
std::string_view to_string(Transport transport);

/// What is looked up whenever the metrics are read.
struct MetricsNow {
  std::vector<models::CacheRow> caches{};
  std::uint64_t generation = 1;  ///< of the settings in force
  bool in_step = true;           ///< the files equal what runs
  bool last_reload_good = true;
};

/// Label values are bounded: registered tools or "unknown", three transports, the words of ErrorKind,
/// registered providers.
class Metrics final : public models::ModelObserver {
 public:
  explicit Metrics(const std::vector<std::string>& tools);
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Loop thread.
  /// Further tools, of a reloaded catalogue. Those that are gone keep their rows; beyond 1000 names new ones
  /// count as "unknown".
  void learn(const std::vector<std::string>& tools);
  /// `outcome`: "ok", "tool_error" (an isError result), or an error kind.
  void call_finished(std::string_view tool, Transport transport, std::string_view outcome, double seconds);
  void in_flight(int calls);
  /// Somebody was kept out: "key", "token", "scope", "rate", "guesses" or "connections".
  void refused(std::string_view reason);
  // Any thread.
  void provider_error(std::string_view provider, ErrorKind kind) override;
  void cache_hit();
  /// A write to store or journal failed.
  void storage_failed();
  void model_answer(std::string_view provider, std::string_view model, long long prompt, long long completion,
                    long long cached, double dollars) override;
  void prompt_size(double tokens) override;
  void circuit(std::string_view provider, std::string_view model, int state) override;
  void provider_retry(std::string_view provider, std::string_view reason) override;
  void failover(std::string_view from, std::string_view to) override;
  /// The text of /metrics, format 0.0.4: what was counted, and what holds now.
  [[nodiscard]] std::string render(const MetricsNow& now = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::engine
