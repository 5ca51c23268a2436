// fixes.*: the six repairs that the original announced, proven on the running server.
#include "checks/measure/probe.hpp"
#include "checks/measure/server_log.hpp"
#include "core/check.hpp"
#include "core/json.hpp"
#include "core/timeouts.hpp"
#include "io/files.hpp"
#include "io/http.hpp"

#include <charconv>

#include <fmt/core.h>

namespace exai::checks {
namespace fixes_check {

/// A page of the running server's MCP port.
Result<std::string> page(const CheckContext& context, std::string_view path) {
  io::HttpRequest request;
  request.url = mcp_url(context.config);
  request.url.replace(request.url.rfind('/'), std::string::npos, path);
  request.deadline = context.deadline;
  request.stop = context.stop;
  if (const Secret key = own_key(context.config); !key.empty())
    request.headers.emplace_back("Authorization", "Bearer " + key.reveal());
  const auto answer = io::http_exchange(request);
  if (!answer) return fail(answer.error());
  if (answer->status != 200)
    return fail(ErrorKind::unreachable, fmt::format("{} answered {}", request.url, answer->status),
                "is it exai that answers there? exai status");
  return answer->body;
}

/// The samples of a family: labels with their braces, and the value.
struct Sample {
  std::string labels;
  double value = 0;
};
std::vector<Sample> samples(std::string_view metrics, std::string_view family) {
  std::vector<Sample> found;
  for (std::size_t at = 0; at < metrics.size();) {
    const std::size_t end = std::min(metrics.find('\n', at), metrics.size());
    const std::string_view line = metrics.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(family) || line.size() <= family.size()) continue;
    const char next = line[family.size()];
    if (next != '{' && next != ' ') continue;
    const std::size_t space = line.rfind(' ');
    Sample sample;
    sample.labels = line.substr(family.size(), space - family.size());
    std::from_chars(line.data() + space + 1, line.data() + line.size(), sample.value);
    found.push_back(std::move(sample));
  }
  return found;
}

CheckResult missing(std::string_view what) {
  return check_fail(fmt::format("the running server does not export {}", what),
                    "it is older than this program: restart exai serve");
}

/// The server log's newest lines with that event.
std::vector<std::string> events(const CheckContext& context, std::string_view event) {
  constexpr std::size_t k_lines = 5000;
  std::filesystem::path folder = context.config.text("log.dir");
  if (folder.is_relative()) folder = context.root / folder;
  std::vector<std::string> found;
  for (std::string& line :
       io::tail_file(folder / "mcp_server.log", k_lines).value_or(std::vector<std::string>()))
    if (json_at(line, "event").value_or("") == event) found.push_back(std::move(line));
  return found;
}

CheckResult run_model_log(const CheckContext& context) {
  const auto metrics = page(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  double answers = 0;
  for (const Sample& sample : samples(*metrics, "exai_model_tokens_total")) answers += sample.value;
  const std::vector<std::string> calls = events(context, "model.call");
  if (calls.empty())
    return answers > 0 ? check_fail("models were asked, but no line tells which and how",
                                    "set LOG_LEVEL=INFO and look at log.dir")
                       : check_skip("no model was asked yet");
  for (const char* field : {"tool", "model", "provider", "thinking", "temperature", "timeout"})
    if (!json_at(calls.back(), field))
      return check_fail(fmt::format("a line of a model call does not say its {}", field), "exai log tail");
  return check_pass(
      fmt::format("{} lines name tool, model, provider, thinking, temperature and timeout", calls.size()));
}

CheckResult run_prompt_size(const CheckContext& context) {
  const auto metrics = page(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  double large = 0, all = 0;
  bool bounded = false;
  for (const Sample& sample : samples(*metrics, "exai_prompt_tokens_bucket")) {
    if (sample.labels.find("le=\"100000\"") != std::string::npos) bounded = true, large = sample.value;
    if (sample.labels.find("le=\"+Inf\"") != std::string::npos) all = sample.value;
  }
  if (!bounded) return missing("exai_prompt_tokens with a bucket of 100000");
  const double over = all - large;
  if (over > 0 && events(context, "model.prompt").empty())
    return check_fail(fmt::format("{:g} prompts were over 100000 tokens and no warning says so", over),
                      "exai log errors --since 24h");
  return check_pass(fmt::format("{:g} prompts measured, {:g} over 100000 tokens", all, over));
}

CheckResult run_timeouts(const CheckContext& context) {
  const auto status = page(context, "/status");
  if (!status) return check_unknown(status.error());
  const auto profile = timeouts::find_profile(context.config, context.config.text("timeouts.profile"));
  if (!profile) return check_unknown(profile.error());
  const auto wanted = timeouts::resolve(context.config, *profile);
  if (!wanted) return check_unknown(wanted.error());
  for (const auto& [layer, value] : wanted->layers) {
    const auto shown = json_at(*status, fmt::format("timeouts.{}", timeouts::to_string(layer)));
    if (!shown) return missing(fmt::format("the timeout {} in /status", timeouts::to_string(layer)));
    if (*shown != format_duration(value.value))
      return check_fail(fmt::format("the running server works with {} = {}, the settings say {}",
                                    timeouts::to_string(layer), *shown, format_duration(value.value)),
                        "exai reload");
  }
  return check_pass(
      fmt::format("all {} layers of the running server are those of the settings", wanted->layers.size()));
}

CheckResult run_single_flight(const CheckContext& context) {
  const auto metrics = page(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  double shared = 0;
  int rows = 0;
  for (const Sample& sample : samples(*metrics, "exai_cache_requests_total"))
    if (sample.labels.find("outcome=\"shared\"") != std::string::npos) shared += sample.value, ++rows;
  if (rows == 0) return missing("exai_cache_requests_total with outcome shared");
  return check_pass(fmt::format("equal questions share one answer; {:g} did so far", shared));
}

CheckResult run_provider_health(const CheckContext& context) {
  const auto metrics = page(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  for (const char* family :
       {"exai_circuit_breaker_state", "exai_provider_retries_total", "exai_failovers_total"})
    if (metrics->find(fmt::format("# TYPE {} ", family)) == std::string::npos) return missing(family);
  std::size_t open = 0;
  std::string which;
  for (const Sample& sample : samples(*metrics, "exai_circuit_breaker_state"))
    if (sample.value > 0) ++open, which = sample.labels;
  if (open > 0)
    return check_warn(fmt::format("{} circuits are not closed, {} among them", open, which),
                      "exai probe provider glm; they close by themselves when it answers again");
  return check_pass("breakers, retries and failovers are visible, all circuits are closed");
}

CheckResult run_cache_limits(const CheckContext& context) {
  const auto metrics = page(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  const std::vector<Sample> entries = samples(*metrics, "exai_cache_entries");
  const std::vector<Sample> limits = samples(*metrics, "exai_cache_limit");
  if (entries.empty() || entries.size() != limits.size())
    return missing("exai_cache_entries with its limits");
  for (const Sample& entry : entries)
    for (const Sample& limit : limits)
      if (limit.labels == entry.labels && entry.value > limit.value)
        return check_fail(
            fmt::format("cache {} holds {:g} of {:g} entries", entry.labels, entry.value, limit.value),
            "this is a defect: please report it");
  return check_pass(fmt::format("{} caches are within their limits", entries.size()));
}

constexpr std::string_view k_tags = "fixes,daily";

const Registered<Check> k_checks[] = {
    Registered<Check>(Check{.id = "fixes.model_log",
                            .title = "every model call is logged with what decided it",
                            .tags = k_tags,
                            .help = "The server log names tool, model, provider, thinking mode, temperature "
                                    "and timeout of each call.",
                            .cost = Cost::network,
                            .run = run_model_log}),
    Registered<Check>(Check{.id = "fixes.prompt_size",
                            .title = "large prompts are measured and warned of",
                            .tags = k_tags,
                            .help = "A histogram of prompt sizes, and a warning above 100,000 estimated "
                                    "tokens.",
                            .cost = Cost::network,
                            .run = run_prompt_size}),
    Registered<Check>(Check{.id = "fixes.timeouts",
                            .title = "the running server works with the timeouts of the settings",
                            .tags = k_tags,
                            .help = "/status shows the layers that calls really get; they must be those of "
                                    "the one hierarchy.",
                            .cost = Cost::network,
                            .run = run_timeouts}),
    Registered<Check>(Check{.id = "fixes.single_flight",
                            .title = "equal questions at the same time are asked once",
                            .tags = k_tags,
                            .help = "One primitive checks the cache, joins who asks already, or asks; none "
                                    "is refused.",
                            .cost = Cost::network,
                            .run = run_single_flight}),
    Registered<Check>(Check{.id = "fixes.provider_health",
                            .title = "breakers, retries and failovers are visible",
                            .tags = k_tags,
                            .help = "Metrics of circuit state, retries and failovers; a circuit that is not "
                                    "closed is a warning.",
                            .cost = Cost::network,
                            .run = run_provider_health}),
    Registered<Check>(Check{.id = "fixes.cache_limits",
                            .title = "caches stay within their limits",
                            .tags = k_tags,
                            .help = "Entries of each cache against its limit.",
                            .cost = Cost::network,
                            .run = run_cache_limits})};

}  // namespace fixes_check
}  // namespace exai::checks
