#include "serve/server_status.hpp"

#include "core/file_names.hpp"
#include "io/files.hpp"

namespace exai::serve {
namespace {
// How far back the last errors are looked for.
constexpr std::size_t k_error_window = 2000;
}  // namespace

std::vector<ServerView::ToolRow> ServerStatus::tools() const {
  std::vector<ToolRow> rows;
  const auto catalogue = catalogue_.get();
  const ToolCatalogue& offered = catalogue->tools();
  for (const std::string& name : offered.names()) {
    const Tool& tool = *offered.find(name)->tool;
    rows.push_back({name, std::string(tool.title), std::string(to_string(tool.tier))});
  }
  return rows;
}

std::vector<ServerView::HiddenRow> ServerStatus::hidden_tools() const {
  return catalogue_.get()->hidden_tools();
}

std::vector<std::string> ServerStatus::activity_tail(std::size_t lines) const {
  return log_tail(LogFile::activity, lines);
}

std::vector<std::string> ServerStatus::log_tail(LogFile log, std::size_t lines) const {
  const bool activity = log == LogFile::activity;
  if (activity && log_ != nullptr) log_->flush_activity();
  return io::tail_file(log_folder_ / (activity ? k_activity_log_file : k_server_log_file), lines)
      .value_or(std::vector<std::string>());
}

std::vector<std::string> ServerStatus::last_errors(std::size_t lines) const {
  std::vector<std::string> found;
  for (std::string& line :
       io::tail_file(log_folder_ / k_server_log_file, k_error_window).value_or(std::vector<std::string>()))
    if (line.find("\"ERROR\"") != std::string::npos || line.find("\"CRITICAL\"") != std::string::npos)
      found.push_back(std::move(line));
  if (found.size() > lines) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(lines));
  return found;
}

Millis ServerStatus::uptime() const {
  return std::chrono::duration_cast<Millis>(clock_.steady() - started_);
}

std::vector<ServerView::PermitRow> ServerStatus::permits() const {
  return engine_ == nullptr ? std::vector<PermitRow>() : engine_->permits();
}

std::vector<ServerView::BreakerRow> ServerStatus::breakers() const {
  return engine_ == nullptr ? std::vector<BreakerRow>() : engine_->breakers();
}

}  // namespace exai::serve
