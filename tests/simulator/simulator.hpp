// A model provider on a real socket that answers from a script: for tests (in process) and as exai-simulator.
#pragma once

#include "tests/simulator/script.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace exai::simulator {

/// One request as it came.
struct Seen {
  std::string method, path, authorization, body;
};

/// Listens from construction to destruction on 127.0.0.1; one thread a connection. Every delay waits for the
/// stop signal too.
class Simulator {
 public:
  static Result<std::unique_ptr<Simulator>> start(Script script, std::uint16_t port = 0);
  /// For tests: throws std::runtime_error on a bad script.
  static std::unique_ptr<Simulator> with(std::string_view script_yaml);
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;
  ~Simulator();
  /// "http://127.0.0.1:40123/v1": what GLM_API_URL and the like want.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const;
  /// All requests so far, oldest first.
  [[nodiscard]] std::vector<Seen> seen() const;
  /// False if there are not that many requests at the deadline.
  bool wait_for_requests(std::size_t count, Deadline deadline) const;
  /// Answers that the client did not wait for: it closed the connection first.
  bool wait_for_hangups(std::size_t count, Deadline deadline) const;
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Impl;
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::simulator
