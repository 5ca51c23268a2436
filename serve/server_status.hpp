// What tools that describe the server may see of it.
#pragma once

#include "engine/engine.hpp"
#include "serve/mcp/catalogue.hpp"

#include <filesystem>

namespace exai::serve {

class ServerStatus final : public engine::ServerView {
 public:
  ServerStatus(const mcp::CurrentCatalogue& catalogue, const Clock& clock, std::filesystem::path log_folder)
      : catalogue_(catalogue), clock_(clock), log_folder_(std::move(log_folder)), started_(clock.steady()) {}
  /// The engine comes after the view, which it hands to the calls. `log` is flushed before its files are
  /// read; it may be null.
  void watch(const engine::Engine& engine, io::Log* log) {
    engine_ = &engine;
    log_ = log;
  }

  [[nodiscard]] std::vector<ToolRow> tools() const override;
  [[nodiscard]] std::vector<HiddenRow> hidden_tools() const override;
  [[nodiscard]] std::vector<std::string> activity_tail(std::size_t lines) const override;
  [[nodiscard]] std::vector<std::string> last_errors(std::size_t lines) const override;
  [[nodiscard]] std::vector<std::string> log_tail(LogFile log, std::size_t lines) const override;
  [[nodiscard]] std::filesystem::path log_folder() const override { return log_folder_; }
  [[nodiscard]] Millis uptime() const override;
  [[nodiscard]] std::vector<PermitRow> permits() const override;
  [[nodiscard]] std::vector<BreakerRow> breakers() const override;

 private:
  const mcp::CurrentCatalogue& catalogue_;
  const Clock& clock_;
  std::filesystem::path log_folder_;
  Steady started_;
  const engine::Engine* engine_ = nullptr;
  io::Log* log_ = nullptr;
};

}  // namespace exai::serve
