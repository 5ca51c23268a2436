// What tools that describe the server may see of it.
#pragma once

#include "engine/context.hpp"
#include "engine/in_flight.hpp"
#include "io/log.hpp"
#include "models/router.hpp"
#include "serve/mcp/catalogue.hpp"

#include <filesystem>

namespace exai::serve {

class ServerStatus final : public engine::ServerView {
 public:
  /// What is looked at; `log` is flushed before its files are read.
  struct Sources {
    const mcp::CurrentCatalogue& catalogue;
    const Clock& clock;
    std::filesystem::path log_folder;
    io::Log& log;
    const engine::InFlight& in_flight;
    const models::ProviderPermits& permits;
    const models::ModelRouter& router;
  };
  explicit ServerStatus(Sources sources) : sources_(std::move(sources)), started_(sources_.clock.steady()) {}

  [[nodiscard]] std::vector<ToolRow> tools() const override;
  [[nodiscard]] std::vector<HiddenRow> hidden_tools() const override;
  [[nodiscard]] std::vector<std::string> activity_tail(std::size_t lines) const override;
  [[nodiscard]] std::vector<std::string> last_errors(std::size_t lines) const override;
  [[nodiscard]] std::vector<std::string> log_tail(LogFile log, std::size_t lines) const override;
  [[nodiscard]] std::filesystem::path log_folder() const override { return sources_.log_folder; }
  [[nodiscard]] Millis uptime() const override;
  [[nodiscard]] std::vector<PermitRow> permits() const override;
  [[nodiscard]] std::vector<BreakerRow> breakers() const override;

 private:
  Sources sources_;
  Steady started_;
};

}  // namespace exai::serve
