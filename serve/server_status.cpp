#include "serve/server_status.hpp"

#include "core/file_names.hpp"
#include "io/files.hpp"

namespace exai::serve {
namespace {
// How far back the last errors are looked for.
constexpr std::size_t k_error_window = 2000;
}  // namespace

std::vector<engine::ServerView::ToolRow> ServerStatus::tools() const {
  std::vector<ToolRow> rows;
  const auto catalogue = sources_.catalogue.get();
  const mcp::ToolCatalogue& offered = catalogue->tools();
  for (const std::string& name : offered.names()) {
    const tools::Tool& tool = *offered.find(name)->tool;
    rows.push_back({name, std::string(tool.title), std::string(tools::to_string(tool.tier))});
  }
  return rows;
}

std::vector<engine::ServerView::HiddenRow> ServerStatus::hidden_tools() const {
  return sources_.catalogue.get()->hidden_tools();
}

std::vector<std::string> ServerStatus::activity_tail(std::size_t lines) const {
  return log_tail(LogFile::activity, lines);
}

std::vector<std::string> ServerStatus::log_tail(LogFile log, std::size_t lines) const {
  const bool activity = log == LogFile::activity;
  if (activity) sources_.log.flush_activity();
  return io::tail_file(sources_.log_folder / (activity ? k_activity_log_file : k_server_log_file), lines)
      .value_or(std::vector<std::string>());
}

std::vector<std::string> ServerStatus::last_errors(std::size_t lines) const {
  std::vector<std::string> found;
  for (std::string& line : io::tail_file(sources_.log_folder / k_server_log_file, k_error_window)
                               .value_or(std::vector<std::string>()))
    if (line.find("\"ERROR\"") != std::string::npos || line.find("\"CRITICAL\"") != std::string::npos)
      found.push_back(std::move(line));
  if (found.size() > lines) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(lines));
  return found;
}

Millis ServerStatus::uptime() const {
  return std::chrono::duration_cast<Millis>(sources_.clock.steady() - started_);
}

std::vector<engine::ServerView::PermitRow> ServerStatus::permits() const {
  std::vector<PermitRow> rows{{"global", sources_.in_flight.calls, sources_.in_flight.limit}};
  for (const models::ProviderPermits::Row& row : sources_.permits.rows())
    rows.push_back({row.provider, row.in_use, row.limit});
  return rows;
}

std::vector<engine::ServerView::BreakerRow> ServerStatus::breakers() const {
  std::vector<BreakerRow> rows;
  for (models::Breakers::Row& row : sources_.router.breakers())
    rows.push_back({std::move(row.provider), std::move(row.model), std::string(models::to_string(row.state)),
                    row.failures, row.retry_after});
  return rows;
}

}  // namespace exai::serve
