#include "checks/measure/own_server.hpp"
#include "checks/measure/probe_http.hpp"
#include "checks/measure/probe_mcp.hpp"
#include "checks/measure/probe_port.hpp"
#include "checks/measure/probe_postgres.hpp"
#include "checks/measure/probe_provider.hpp"
#include "checks/measure/probe_redis.hpp"
#include "checks/measure/probe_supabase.hpp"
#include "checks/measure/probe_ws.hpp"
#include "commands/common.hpp"
#include "commands/mcp_session.hpp"
#include "core/redact.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

constexpr Millis k_default_limit{10000};

Result<checks::ProbeLimits> limits_of(const Args& args, const Context& context) {
  const auto warn = duration_option(args, "--warn");
  if (!warn) return fail(warn.error());
  const auto crit = duration_option(args, "--crit");
  if (!crit) return fail(crit.error());
  return checks::ProbeLimits{context.deadline.within(k_default_limit, context.clock), context.stop, *warn,
                             *crit, context.clock};
}

/// Asks --count times, --interval apart; each time with its own deadline.
template <class Ask>
Result<Outcome> probed(const Args& args, Context& context, std::string_view what, const Ask& ask) {
  const auto count = count_option(args, "--count", 1, 10000);
  if (!count) return fail(count.error());
  const auto interval = duration_option(args, "--interval", Millis{1000});
  if (!interval) return fail(interval.error());
  Report report = new_report(context, fmt::format("probe {}", what));
  for (std::size_t round = 1; round <= *count; ++round) {
    if (round > 1 && !pause(*interval, context)) break;
    const auto limits = limits_of(args, context);
    if (!limits) return fail(limits.error());
    CheckResult result = timed(context.clock, [&] { return ask(*limits); });
    if (result.id.empty()) result.id = fmt::format("probe.{}", what);
    if (*count > 1) result.id += fmt::format(".{}", round);
    report.results.push_back(std::move(result));
  }
  return finished(std::move(report), context);
}

Result<Outcome> http(const Args& args, Context& context) {
  const std::string url = args.positional("URL", checks::health_url(context.config));
  return probed(args, context, "http", [&](const checks::ProbeLimits& limits) {
    return checks::probe_http(url, args.all("--expect"), limits);
  });
}

Result<Outcome> ws(const Args& args, Context& context) {
  const std::string url = args.positional("URL", checks::exai_ws_url(context.config));
  return probed(args, context, "ws", [&](const checks::ProbeLimits& limits) {
    return checks::probe_ws(url, context.config.secret("ws.token"), limits);
  });
}

Result<Outcome> mcp(const Args& args, Context& context) {
  Args named = args;
  if (const std::string url = args.positional("URL"); !url.empty()) named.options["--server"] = {url};
  std::vector<Secret> secrets;
  const auto target = mcp_session::target_of(named, context, secrets);
  if (!target) return fail(target.error());
  const Redactor redactor(secrets);
  return probed(args, context, "mcp", [&](const checks::ProbeLimits& limits) {
    CheckResult result = checks::probe_mcp(*target, limits);
    result.summary = redactor.apply(result.summary);
    return result;
  });
}

Result<Outcome> provider(const Args& args, Context& context) {
  return probed(args, context, "provider", [&](const checks::ProbeLimits& limits) {
    return checks::probe_provider(args.positional("NAME"), context.config, limits);
  });
}

Result<Outcome> port(const Args& args, Context& context) {
  return probed(args, context, "port", [&](const checks::ProbeLimits& limits) {
    return checks::probe_port(args.positional("ADDR"), args.has("--free"), limits);
  });
}

/// The address by URL or by the settings. A password on the command line is refused: everyone reads it there.
Result<RedisAddress> redis_target(const std::string& url, const Config& config) {
  if (url.empty()) {
    Result<std::optional<RedisAddress>> address = redis_address(config);
    if (!address) return fail(address.error());
    if (*address) return std::move(**address);
    return fail(ErrorKind::config, "REDIS_URL is not set",
                "set REDIS_URL, or name one: exai probe redis redis://HOST:6379");
  }
  Result<RedisAddress> address = parse_redis_url(url);
  if (!address) return fail(ErrorKind::usage, address.error().message, address.error().hint);
  if (!address->password.empty())
    return fail(ErrorKind::usage, "a password on the command line is in every list of processes",
                "put it into REDIS_PASSWORD, and leave it out of the URL");
  address->password = config.secret("redis.password");
  return address;
}

Result<Outcome> redis(const Args& args, Context& context) {
  const auto count = count_option(args, "--count", 20, 10000);
  if (!count) return fail(count.error());
  const auto limits = limits_of(args, context);
  if (!limits) return fail(limits.error());
  auto address = redis_target(args.positional("URL"), context.config);
  if (!address && address.error().kind == ErrorKind::usage) return fail(address.error());
  const std::string ca_file =
      context.config.text("redis.ca_file").empty() ? "" : path_setting(context, "redis.ca_file").string();
  Report report = new_report(context, "probe redis");
  report.results = address ? checks::probe_redis({std::move(*address), ca_file, *count}, *limits)
                           : checks::probe_redis_unnamed(address.error());
  return finished(std::move(report), context);
}

/// The address by URL or by the settings; a password comes from the settings or from where libpq looks
/// itself.
Result<Secret> postgres_target(const std::string& url, const Config& config) {
  Secret address = url.empty() ? config.secret("store.url") : Secret(url);
  if (address.empty())
    return fail(ErrorKind::config, "EXAI_STORE_URL is not set",
                "set EXAI_STORE_URL, or name one: exai probe postgres postgresql://USER@HOST:5432/DATABASE");
  if (url.empty()) return address;
  const auto named = io::PgConnection::address(address);
  if (!named) return fail(ErrorKind::usage, named.error().message, named.error().hint);
  if (named->has_password)
    return fail(ErrorKind::usage, "a password on the command line is in every list of processes",
                "put the address into EXAI_STORE_URL, or the password into PGPASSWORD or ~/.pgpass");
  return address;
}

Result<Outcome> postgres(const Args& args, Context& context) {
  const auto count = count_option(args, "--count", 20, 10000);
  if (!count) return fail(count.error());
  const auto limits = limits_of(args, context);
  if (!limits) return fail(limits.error());
  auto url = postgres_target(args.positional("URL"), context.config);
  if (!url && url.error().kind == ErrorKind::usage) return fail(url.error());
  Report report = new_report(context, "probe postgres");
  report.results =
      url ? checks::probe_postgres({std::move(*url), *count, limits->deadline, limits->stop, context.clock},
                                   *limits)
          : checks::probe_postgres_unnamed(url.error());
  return finished(std::move(report), context);
}

Result<Outcome> supabase(const Args& args, Context& context) {
  const auto limits = limits_of(args, context);
  if (!limits) return fail(limits.error());
  Report report = new_report(context, "probe supabase");
  report.results = checks::probe_supabase(checks::supabase_settings(context.config), *limits);
  return finished(std::move(report), context);
}

constexpr cli::Option k_warn = {.name = "--warn", .value = "DUR", .help = "slower than this is a warning"};
constexpr cli::Option k_crit = {.name = "--crit", .value = "DUR", .help = "slower than this is a failure"};
constexpr cli::Option k_count = {.name = "--count", .value = "N", .help = "how often", .default_value = "1"};
constexpr cli::Option k_interval = {
    .name = "--interval", .value = "DUR", .help = "time between two of them", .default_value = "1s"};
constexpr cli::Option k_limits[] = {k_warn, k_crit, k_count, k_interval};
constexpr cli::Option k_http_options[] = {{.name = "--expect",
                                           .value = "K=V",
                                           .help = "status=204, contains=TEXT or json.path=value",
                                           .repeat = true},
                                          k_warn,
                                          k_crit,
                                          k_count,
                                          k_interval};
constexpr cli::Option k_redis_options[] = {
    k_warn, k_crit, {.name = "--count", .value = "N", .help = "how many PINGs", .default_value = "20"}};
constexpr cli::Option k_postgres_options[] = {
    k_warn, k_crit, {.name = "--count", .value = "N", .help = "how many SELECT 1", .default_value = "20"}};
constexpr cli::Option k_supabase_options[] = {k_warn, k_crit};
/// All of a session's but --server, which stands as the address itself, and --trace.
constexpr auto k_mcp_options = [] {
  constexpr std::size_t k_left_out = 2;
  std::array<cli::Option, std::size(k_limits) + mcp_session::k_session_options.size() - k_left_out> all{};
  std::size_t at = 0;
  for (const cli::Option& option : k_limits) all[at++] = option;
  for (const cli::Option& option : mcp_session::k_session_options)
    if (option.name != "--server" && option.name != "--trace") all[at++] = option;
  return all;
}();
constexpr cli::Option k_port_options[] = {
    {.name = "--free", .help = "pass when nothing listens, as before a deployment"},
    k_warn,
    k_crit,
    k_count,
    k_interval};

constexpr cli::Positional k_http_url[] = {
    {.name = "URL", .help = "http or https; none means our own health listener"}};
constexpr cli::Positional k_ws_url[] = {{.name = "URL", .help = "ws or wss; none means our own daemon"}};
constexpr cli::Positional k_mcp_url[] = {
    {.name = "URL", .help = "http(s) or ws(s); none means our own server"}};
constexpr cli::Positional k_provider[] = {
    {.name = "NAME", .help = "provider", .values = "@providers", .required = true}};
constexpr cli::Positional k_redis_url[] = {
    {.name = "URL", .help = "redis, rediss or unix; none means REDIS_URL, its password REDIS_PASSWORD"}};
constexpr cli::Positional k_postgres_url[] = {
    {.name = "URL", .help = "postgresql, without a password; none means EXAI_STORE_URL"}};
constexpr cli::Positional k_addr[] = {{.name = "ADDR", .help = "PORT or HOST:PORT", .required = true}};

const Registered<cli::Command> k_http{
    cli::Command{.path = "probe http",
                 .group = "Look",
                 .summary = "asks an HTTP address once and judges the answer",
                 .options = k_http_options,
                 .positionals = k_http_url,
                 .recording = cli::Recording::asked,
                 .run = http}};
const Registered<cli::Command> k_ws{cli::Command{.path = "probe ws",
                                                 .group = "Look",
                                                 .summary = "connects to a WebSocket daemon and says hello",
                                                 .options = k_limits,
                                                 .positionals = k_ws_url,
                                                 .recording = cli::Recording::asked,
                                                 .run = ws}};
const Registered<cli::Command> k_mcp{
    cli::Command{.path = "probe mcp",
                 .group = "Look",
                 .summary = "speaks MCP with a server and says transport, era, version and tools",
                 .options = k_mcp_options,
                 .positionals = k_mcp_url,
                 .recording = cli::Recording::asked,
                 .run = mcp}};
const Registered<cli::Command> k_provider_command{
    cli::Command{.path = "probe provider",
                 .group = "Look",
                 .summary = "asks a model provider for its models: proves key and address",
                 .options = k_limits,
                 .positionals = k_provider,
                 .recording = cli::Recording::asked,
                 .run = provider}};
const Registered<cli::Command> k_redis{cli::Command{
    .path = "probe redis",
    .group = "Look",
    .summary = "asks a Redis for all that matters: login, latency, memory, persistence, who may enter",
    .options = k_redis_options,
    .positionals = k_redis_url,
    .recording = cli::Recording::asked,
    .run = redis}};
const Registered<cli::Command> k_postgres{cli::Command{
    .path = "probe postgres",
    .group = "Look",
    .summary =
        "asks a PostgreSQL for all that matters: TLS, login, tables, who sees them, a write, what is left",
    .options = k_postgres_options,
    .positionals = k_postgres_url,
    .recording = cli::Recording::asked,
    .run = postgres}};
const Registered<cli::Command> k_supabase{cli::Command{
    .path = "probe supabase",
    .group = "Look",
    .summary =
        "judges the keys of a Supabase, asks REST, logins and files, and what everybody sees of our tables",
    .options = k_supabase_options,
    .recording = cli::Recording::asked,
    .run = supabase}};
const Registered<cli::Command> k_port{cli::Command{.path = "probe port",
                                                   .group = "Look",
                                                   .summary = "does something listen on a TCP port",
                                                   .options = k_port_options,
                                                   .positionals = k_addr,
                                                   .recording = cli::Recording::asked,
                                                   .run = port}};

}  // namespace
}  // namespace exai::commands
