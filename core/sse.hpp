// Server-sent events, read incrementally and written line by line.
#pragma once

#include "core/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace exai {

struct SseEvent {
  std::string event = "message";
  std::string data;
  std::string id;
};

/// Feed it bytes as they come; it calls back once per event. An event larger than `max_bytes` is an error.
class SseParser {
 public:
  explicit SseParser(std::size_t max_bytes = std::size_t{16} << 20U) : max_bytes_(max_bytes) {}
  Result<void> feed(std::string_view bytes, const std::function<void(const SseEvent&)>& on_event);
  /// True if bytes of an unfinished event are left (the stream was cut).
  [[nodiscard]] bool incomplete() const { return !line_.empty() || has_data_; }
  /// How long the server wants a reader to wait before it connects again, at most an hour.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const { return retry_; }

 private:
  void take_line(const std::function<void(const SseEvent&)>& on_event);
  std::size_t max_bytes_;
  std::string line_;
  SseEvent current_;
  std::optional<std::chrono::milliseconds> retry_;
  bool has_data_ = false;
  bool started_ = false;
  bool skip_newline_ = false;
};

/// "event: message\ndata: {...}\n\n"; data is one line.
std::string sse_event(std::string_view data, std::string_view id = {});

}  // namespace exai
