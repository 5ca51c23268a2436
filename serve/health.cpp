#include "serve/health.hpp"

#include "core/utc.hpp"
#include "core/version.hpp"
#include "engine/process_stats.hpp"
#include "io/files.hpp"

#include <cmath>

#include <fmt/core.h>

namespace exai::serve {
namespace {

constexpr double k_disk_warn = 85, k_disk_full = 95;  // percent in use
constexpr double k_memory_warn = 80, k_memory_crit = 90;
constexpr double k_mib = 1024.0 * 1024.0, k_gib = k_mib * 1024.0;

double rounded(double value) {
  return std::round(value * 10) / 10;
}

Json storage(const HealthFacts& facts) {
  const char* const away = facts.goes_on_alone ? "degraded" : "unhealthy";
  return {{"status", facts.storage ? "healthy" : away},
          {"type", facts.storage_type},
          {"message", facts.storage ? "answers" : facts.storage.error().message}};
}

Json disk(const HealthFacts& facts) {
  if (facts.disk_total <= 0) return {{"status", "degraded"}, {"message", "the disk could not be measured"}};
  const double used = rounded(100.0 * (1.0 - facts.disk_available / facts.disk_total));
  const char* status = used >= k_disk_full ? "unhealthy" : used >= k_disk_warn ? "degraded" : "healthy";
  return {{"status", status},
          {"message", fmt::format("{:g} % used", used)},
          {"disk_percent", used},
          {"disk_free_gb", rounded(facts.disk_available / k_gib)},
          {"disk_total_gb", rounded(facts.disk_total / k_gib)}};
}

Json memory(const HealthFacts& facts) {
  const double used =
      facts.memory_total > 0 ? rounded(100.0 * (1.0 - facts.memory_available / facts.memory_total)) : 0;
  const char* alert = used >= k_memory_crit ? "critical" : used >= k_memory_warn ? "warning" : "none";
  return {{"status", used >= k_memory_warn ? "degraded" : "healthy"},
          {"message", fmt::format("{:g} % of the machine's memory used", used)},
          {"process_memory_mb", rounded(facts.process_bytes / k_mib)},
          {"system_memory_percent", used},
          {"alert_level", alert}};
}

/// Without it each server goes on with what it knows itself.
Json shared(const HealthFacts& facts) {
  return {{"status", facts.shared ? "degraded" : "healthy"},
          {"type", "redis"},
          {"message", facts.shared ? "limits, circuits and cached answers are those of this server alone: " +
                                         facts.shared->message
                                   : "limits, circuits and cached answers are shared"}};
}

Json permit(const engine::ServerView::PermitRow& row) {
  const double share = row.limit > 0 ? 100.0 * row.in_use / row.limit : 0;
  const char* status = row.in_use >= row.limit ? "exhausted" : share >= 80 ? "high_utilization" : "healthy";
  return {{"current", row.limit - row.in_use},
          {"expected", row.limit},
          {"utilization", rounded(share)},
          {"status", status}};
}

Json semaphores(const HealthFacts& facts) {
  Json providers = Json::object(), global = Json::object();
  for (const engine::ServerView::PermitRow& row : facts.permits) {
    if (row.name == "global")
      global = permit(row);
    else
      providers[row.name] = permit(row);
  }
  return {{"status", "healthy"}, {"global", std::move(global)}, {"providers", std::move(providers)}};
}

/// An open circuit means that a provider fails, not that this server does; others answer instead.
Json circuits(const HealthFacts& facts) {
  Json rows = Json::array();
  bool open = false;
  for (const engine::ServerView::BreakerRow& row : facts.breakers) {
    open = open || row.state != "closed";
    rows.push_back({{"provider", row.provider},
                    {"model", row.model},
                    {"state", row.state},
                    {"failures", row.failures},
                    {"retry_after_seconds", static_cast<double>(row.retry_after.count()) / 1000.0}});
  }
  return {{"status", open ? "degraded" : "healthy"},
          {"message", open ? "models that keep failing are not asked now" : "every model may be asked"},
          {"circuits", std::move(rows)}};
}

}  // namespace

HealthReport judge_health(const HealthFacts& facts) {
  Json components = {{"storage", storage(facts)},
                     {"disk", disk(facts)},
                     {"memory", memory(facts)},
                     {"semaphores", semaphores(facts)},
                     {"providers", circuits(facts)}};
  if (facts.has_shared) components["shared"] = shared(facts);
  std::string status = "healthy";
  for (const Json& component : components) {
    const std::string& one = component["status"].get_ref<const std::string&>();
    if (one == "unhealthy" || (one == "degraded" && status == "healthy")) status = one;
  }
  const Json body = {{"status", status},
                     {"timestamp_utc", format_utc(facts.at)},
                     {"version", version()},
                     {"components", std::move(components)}};
  return {dump_json(body), status != "unhealthy"};
}

void Health::report(std::function<void(const HealthReport&)> done) {
  const Clock& clock = *services_.clock;
  if (taken_ && clock.steady() - *taken_ < Millis{1000}) return done(last_);
  waiting_.push_back(std::move(done));
  if (gathering_) return;
  gathering_ = true;
  const auto facts = std::make_shared<HealthFacts>();
  facts->storage_type = kept_.type;
  const auto gather = [this, facts] {
    facts->storage = services_.store->ping();
    facts->has_shared = kept_.state != nullptr;
    if (facts->has_shared) facts->shared = kept_.state->trouble();
    facts->goes_on_alone = kept_.shared && kept_.journal && !services_.memory->journal_trouble();
    if (facts->storage)
      if (std::optional<Error> trouble = services_.memory->trouble())
        facts->storage = fail(std::move(*trouble));
    std::error_code missing;
    const std::filesystem::path folder =
        std::filesystem::exists(folder_, missing) ? folder_ : std::filesystem::path("/");
    if (const auto space = io::disk_space(folder)) {
      facts->disk_total = static_cast<double>(space->total);
      facts->disk_available = static_cast<double>(space->available);
    }
    const engine::MemoryStats memory = engine::memory_stats();
    facts->memory_total = memory.total_bytes;
    facts->memory_available = memory.available_bytes;
    facts->process_bytes = engine::process_stats().resident_bytes;
  };
  background_.run(gather, [this, facts] {
    facts->permits = services_.view->permits();
    facts->breakers = services_.view->breakers();
    facts->at = services_.clock->wall();
    last_ = judge_health(*facts);
    taken_ = services_.clock->steady();
    gathering_ = false;
    for (const auto& tell : std::exchange(waiting_, {})) tell(last_);
  });
}

}  // namespace exai::serve
