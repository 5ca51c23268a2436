// The server's metrics; prometheus-cpp stands behind it and is named in metrics.cpp only.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve {

enum class Transport : std::uint8_t { http, websocket, stdio };
std::string_view to_string(Transport transport);

/// Label values are bounded: registered tools or "unknown", three transports, the words of ErrorKind,
/// registered providers.
class Metrics {
 public:
  explicit Metrics(const std::vector<std::string>& tools);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Loop thread.
  /// Further tools, of a reloaded catalogue. Those that are gone keep their rows; beyond 1000 names new ones
  /// count as "unknown".
  void learn(const std::vector<std::string>& tools);
  /// `outcome`: "ok", "tool_error" (an isError result), or an error kind.
  void call_finished(std::string_view tool, Transport transport, std::string_view outcome, double seconds);
  void in_flight(int calls);
  // Any thread.
  void provider_error(std::string_view provider, ErrorKind kind);
  void cache_hit();
  /// The text of /metrics, format 0.0.4.
  [[nodiscard]] std::string render();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::serve
