#include "engine/metrics.hpp"

#include "core/version.hpp"
#include "engine/process_stats.hpp"
#include "models/providers/provider.hpp"

#include <array>
#include <map>
#include <sstream>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace exai::engine {
namespace {
// Facts: server 7.4.
const prometheus::Histogram::BucketBoundaries& duration_buckets() {
  static const prometheus::Histogram::BucketBoundaries k_buckets{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  return k_buckets;
}
}  // namespace

std::string_view to_string(Transport transport) {
  switch (transport) {
    case Transport::http:
      return "http";
    case Transport::websocket:
      return "websocket";
    case Transport::stdio:
      return "stdio";
  }
  return "http";
}

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter().Name("exai_requests_total").Help("Tool calls answered").Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("exai_request_duration_seconds")
          .Help("Time from a tool call's arrival to its answer")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& provider_errors =
      prometheus::BuildCounter()
          .Name("exai_provider_errors_total")
          .Help("Requests to a model provider that failed")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& tokens = prometheus::BuildCounter()
                                                        .Name("exai_model_tokens_total")
                                                        .Help("Tokens that models counted")
                                                        .Register(registry);
  prometheus::Family<prometheus::Counter>& cost =
      prometheus::BuildCounter()
          .Name("exai_cost_usd_total")
          .Help("US dollars that answers of models cost by the catalogue's prices")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& circuits = prometheus::BuildGauge()
                                                        .Name("exai_circuit_breaker_state")
                                                        .Help("0 closed, 1 open, 2 half-open")
                                                        .Register(registry);
  prometheus::Family<prometheus::Counter>& retries =
      prometheus::BuildCounter()
          .Name("exai_provider_retries_total")
          .Help("Requests to a model provider that were repeated")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& failovers =
      prometheus::BuildCounter()
          .Name("exai_failovers_total")
          .Help("Questions that another provider was asked instead")
          .Register(registry);
  prometheus::Histogram& prompt_sizes =
      prometheus::BuildHistogram()
          .Name("exai_prompt_tokens")
          .Help("Estimated tokens of what was sent to a model")
          .Register(registry)
          .Add({}, prometheus::Histogram::BucketBoundaries{1000, 4000, 16000, 32000, 64000, 100000, 128000,
                                                           200000, 256000});
  prometheus::Counter& storage_failures =
      prometheus::BuildCounter()
          .Name("exai_storage_write_failures_total")
          .Help("Writes to the store or its journal that failed; nothing that was answered is lost by one")
          .Register(registry)
          .Add({});
  prometheus::Counter& cache_hits = prometheus::BuildCounter()
                                        .Name("exai_cache_hits_total")
                                        .Help("Tool calls answered from a cache")
                                        .Register(registry)
                                        .Add({});
  prometheus::Gauge& in_flight = prometheus::BuildGauge()
                                     .Name("exai_inflight_calls")
                                     .Help("Tool calls running now")
                                     .Register(registry)
                                     .Add({});

  prometheus::Family<prometheus::Counter>& refusals =
      prometheus::BuildCounter()
          .Name("exai_access_refused_total")
          .Help("Requests and connections that were kept out, by reason")
          .Register(registry);

  /// Looked up once per label set: adding to a family hashes all labels.
  struct PerTool {
    prometheus::Histogram* duration = nullptr;
    std::array<std::map<std::string, prometheus::Counter*, std::less<>>, 3> requests;
  };
  std::map<std::string, PerTool, std::less<>> tools;

  prometheus::Counter& provider_error(std::string_view provider, ErrorKind kind) {
    return provider_errors.Add({{"provider", std::string(provider)}, {"kind", std::string(to_string(kind))}});
  }

  /// The counter of one label set, made on first use; the histogram of the tool with it.
  prometheus::Counter& counter(PerTool& row, const std::string& tool, Transport transport,
                               std::string_view outcome) {
    if (row.duration == nullptr) row.duration = &durations.Add({{"tool", tool}}, duration_buckets());
    auto& counters = row.requests.at(static_cast<std::size_t>(transport));
    auto found = counters.find(outcome);
    if (found == counters.end()) {
      const std::map<std::string, std::string> labels{{"tool", tool},
                                                      {"transport", std::string(to_string(transport))},
                                                      {"outcome", std::string(outcome)}};
      found = counters.emplace(outcome, &requests.Add(labels)).first;
    }
    return *found->second;
  }

  explicit Impl(const std::vector<std::string>& names) {
    // Every family is there from the first scrape on: a name that appears with the first failure cannot be
    // alerted on.
    for (const std::string& name : names) counter(tools[name], name, Transport::http, "ok");
    counter(tools["unknown"], "unknown", Transport::http, "ok");
    for (const models::Provider* provider : Registered<models::Provider>::all())
      for (const ErrorKind kind :
           {ErrorKind::provider, ErrorKind::timeout, ErrorKind::unreachable, ErrorKind::busy})
        provider_error(provider->id, kind);
    for (const models::Provider* provider : Registered<models::Provider>::all()) {
      const std::string id(provider->id);
      for (const char* reason : {"rate_limit", "failed", "unreachable", "bad_answer"})
        retries.Add({{"provider", id}, {"reason", reason}});
      for (const models::Provider* other : Registered<models::Provider>::all())
        if (other != provider) failovers.Add({{"from", id}, {"to", std::string(other->id)}});
      if (provider->default_model.empty()) continue;
      const std::map<std::string, std::string> labels{{"provider", id},
                                                      {"model", std::string(provider->default_model)}};
      cost.Add(labels);
      circuits.Add(labels);
    }
    for (const char* reason : {"key", "token", "scope", "rate", "guesses", "connections"})
      refusals.Add({{"reason", reason}});
    prometheus::BuildGauge()
        .Name("exai_build_info")
        .Help("Always 1; the version is a label")
        .Register(registry)
        .Add({{"version", std::string(version())}})
        .Set(1);
  }
};

Metrics::Metrics(const std::vector<std::string>& tools) : impl_(std::make_unique<Impl>(tools)) {}
Metrics::~Metrics() = default;

void Metrics::learn(const std::vector<std::string>& tools) {
  constexpr std::size_t k_max_tools = 1000;
  for (const std::string& name : tools)
    if (impl_->tools.size() < k_max_tools && impl_->tools.find(name) == impl_->tools.end())
      impl_->counter(impl_->tools[name], name, Transport::http, "ok");
}

void Metrics::call_finished(std::string_view tool, Transport transport, std::string_view outcome,
                            double seconds) {
  auto known = impl_->tools.find(tool);
  if (known == impl_->tools.end()) known = impl_->tools.find("unknown");
  impl_->counter(known->second, known->first, transport, outcome).Increment();
  known->second.duration->Observe(seconds);
}

void Metrics::in_flight(int calls) {
  impl_->in_flight.Set(calls);
}

void Metrics::refused(std::string_view reason) {
  impl_->refusals.Add({{"reason", std::string(reason)}}).Increment();
}

void Metrics::provider_error(std::string_view provider, ErrorKind kind) {
  impl_->provider_error(provider, kind).Increment();
}

void Metrics::cache_hit() {
  impl_->cache_hits.Increment();
}

void Metrics::storage_failed() {
  impl_->storage_failures.Increment();
}

void Metrics::model_answer(std::string_view provider, std::string_view model, long long prompt,
                           long long completion, long long cached, double dollars) {
  std::map<std::string, std::string> labels{{"provider", std::string(provider)},
                                            {"model", std::string(model)}};
  impl_->cost.Add(labels).Increment(dollars);
  for (const auto& [kind, count] :
       {std::pair("prompt", prompt), std::pair("completion", completion), std::pair("cached", cached)}) {
    labels["kind"] = kind;
    impl_->tokens.Add(labels).Increment(static_cast<double>(count));
  }
}

void Metrics::prompt_size(double tokens) {
  impl_->prompt_sizes.Observe(tokens);
}

void Metrics::circuit(std::string_view provider, std::string_view model, int state) {
  impl_->circuits.Add({{"provider", std::string(provider)}, {"model", std::string(model)}}).Set(state);
}

void Metrics::provider_retry(std::string_view provider, std::string_view reason) {
  impl_->retries.Add({{"provider", std::string(provider)}, {"reason", std::string(reason)}}).Increment();
}

void Metrics::failover(std::string_view from, std::string_view to) {
  impl_->failovers.Add({{"from", std::string(from)}, {"to", std::string(to)}}).Increment();
}

namespace {

/// What caches count themselves, as families with a label of the cache's name.
void add_caches(const std::vector<models::CacheRow>& rows, std::vector<prometheus::MetricFamily>& families) {
  using prometheus::MetricType;
  prometheus::MetricFamily requests, entries, limits;
  requests.name = "exai_cache_requests_total";
  requests.help = "Questions put to a cache: answered from it, asked for, or joined to whoever asked already";
  requests.type = MetricType::Counter;
  entries.name = "exai_cache_entries";
  entries.help = "Answers that a cache holds";
  limits.name = "exai_cache_limit";
  limits.help = "Answers that a cache may hold";
  entries.type = limits.type = MetricType::Gauge;
  for (const models::CacheRow& row : rows) {
    for (const auto& [outcome, count] :
         {std::pair{"hit", row.hits}, {"miss", row.misses}, {"shared", row.shared}}) {
      prometheus::ClientMetric metric;
      metric.label = {{"cache", row.name}, {"outcome", outcome}};
      metric.counter.value = static_cast<double>(count);
      requests.metric.push_back(std::move(metric));
    }
    prometheus::ClientMetric metric;
    metric.label = {{"cache", row.name}};
    metric.gauge.value = static_cast<double>(row.entries);
    entries.metric.push_back(metric);
    metric.gauge.value = static_cast<double>(row.limit);
    limits.metric.push_back(std::move(metric));
  }
  for (auto* family : {&requests, &entries, &limits}) families.push_back(std::move(*family));
}

}  // namespace

std::string Metrics::render(const MetricsNow& now) {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  const auto add = [&](const char* name, const char* help, prometheus::MetricType type, double value) {
    prometheus::MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    prometheus::ClientMetric metric;
    if (type == prometheus::MetricType::Counter)
      metric.counter.value = value;
    else
      metric.gauge.value = value;
    family.metric.push_back(metric);
    families.push_back(std::move(family));
  };
  using enum prometheus::MetricType;
  const ProcessStats stats = process_stats();
  add("process_resident_memory_bytes", "Resident memory size in bytes", Gauge, stats.resident_bytes);
  add("process_virtual_memory_bytes", "Virtual memory size in bytes", Gauge, stats.virtual_bytes);
  add("process_cpu_seconds_total", "Total user and system CPU time spent in seconds", Counter,
      stats.cpu_seconds);
  add("process_open_fds", "Number of open file descriptors", Gauge, stats.open_files);
  add("process_max_fds", "Maximum number of open file descriptors", Gauge, stats.max_files);
  add("process_start_time_seconds", "Start time of the process since the Unix epoch in seconds", Gauge,
      stats.start_time);
  add("exai_config_generation", "Settings in force: 1 at the start, one more with each good reload", Gauge,
      static_cast<double>(now.generation));
  add("exai_config_in_step", "1 while the files say what is in force, 0 when a reload would change something",
      Gauge, now.in_step ? 1 : 0);
  add("exai_config_last_reload_successful", "1 unless the last reload was refused", Gauge,
      now.last_reload_good ? 1 : 0);
  add_caches(now.caches, families);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

}  // namespace exai::engine
