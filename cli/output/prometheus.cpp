#include "cli/output/layout.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace exai::cli {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

double sample_value(Status status) {
  switch (status) {
    case Status::pass:
      return 0;
    case Status::warn:
      return 1;
    case Status::fail:
      return 2;
    case Status::unknown:
      return 3;
    case Status::skip:
      return 4;
  }
  return 3;
}

ClientMetric sample(double value, std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

MetricFamily family(const char* name, const char* help) {
  MetricFamily out;
  out.name = name;
  out.help = help;
  out.type = prometheus::MetricType::Gauge;
  return out;
}

std::string write_prometheus_report(const Report& report, const Look&, ExitCode) {
  // A series may stand once only: of two results with one id the worse counts.
  std::map<std::string, const CheckResult*> by_id;
  for (const CheckResult& result : report.results) {
    const CheckResult*& kept = by_id[result.id];
    if (kept == nullptr || worse(kept->status, result.status) != kept->status) kept = &result;
  }
  const std::string run = report.title;
  auto status = family("exai_check_status", "Outcome of a check: 0 pass, 1 warn, 2 fail, 3 unknown, 4 skip");
  auto duration = family("exai_check_duration_seconds", "Time a check took");
  for (const auto& [id, result] : by_id) {
    const std::vector<ClientMetric::Label> labels{{"check", id}, {"run", run}};
    status.metric.push_back(sample(sample_value(result->status), labels));
    duration.metric.push_back(sample(millis_of(result->duration) / 1000.0, labels));
  }
  auto verdict = family("exai_run_verdict", "Verdict of the run: 0 pass, 1 warn, 2 fail, 3 unknown, 4 skip");
  verdict.metric.push_back(sample(sample_value(report.verdict()), {{"run", run}}));
  auto when = family("exai_run_timestamp_seconds", "Start of the run, seconds since 1970");
  const auto since = std::chrono::duration_cast<Millis>(report.started.time_since_epoch());
  when.metric.push_back(sample(double(since.count()) / 1000.0, {{"run", run}}));
  std::vector<MetricFamily> families;
  for (MetricFamily* each : {&status, &duration, &verdict, &when})
    if (!each->metric.empty()) families.push_back(std::move(*each));
  return prometheus::TextSerializer().Serialize(families);
}

const Registered<Writer> k_prometheus_writer{
    Writer{.format = "prometheus",
           .help = "metrics for the node exporter's textfile collector",
           .report = write_prometheus_report,
           .table = nullptr}};

}  // namespace
}  // namespace exai::cli
