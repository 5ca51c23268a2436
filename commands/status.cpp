#include "checks/measure/own_server.hpp"
#include "commands/instance.hpp"
#include "commands/json_text.hpp"
#include "io/http.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

constexpr Millis k_one_try{2000};
constexpr Millis k_wait{30000};

/// The MCP listener: where the running server says it is, else where the settings put it.
std::string base_url(const Context& context, const std::optional<Instance>& instance) {
  if (instance)
    if (std::string base = instance->mcp_base(); !base.empty()) return base;
  std::string url = checks::mcp_url(context.config);
  if (const auto path = url.rfind("/mcp"); path != std::string::npos) url.resize(path);
  return url;
}

Result<io::HttpResponse> ask(const Context& context, const std::string& url) {
  io::HttpRequest request;
  request.url = url;
  request.deadline = context.deadline.within(k_one_try, context.clock);
  request.stop = context.stop;
  request.max_body = std::size_t{1} << 20U;
  if (const Secret key = checks::own_key(context.config); !key.empty())
    request.headers.emplace_back("Authorization", "Bearer " + key.reveal());
  return io::http_exchange(request);
}

/// ", pid 7", and how it was found where that is not the usual way.
std::string who(const Instance& instance) {
  std::string text = fmt::format(", pid {}", instance.pid);
  if (instance.found_by != "lock file") text += fmt::format(", found by its {}", instance.found_by);
  if (!instance.ours) text += fmt::format(", serving {}", instance.root);
  return text;
}

/// Running: the HTTP listener answers. Unknown: the process runs and does not answer. Else not running.
CheckResult look(const Context& context) {
  const auto found = find_instance(context);
  const std::optional<Instance> instance = found ? *found : std::nullopt;
  const std::string base = base_url(context, instance);
  const auto answer = ask(context, base + "/status");
  CheckResult result = result_of("server.status", "the server runs and answers", Status::unknown, "");
  const std::string process = instance ? who(*instance) : "";
  if (answer && answer->status == 200) {
    result.status = Status::pass;
    result.summary = fmt::format("running at {}{}", base, process);
    result.facts = facts_of_json(answer->body);
  } else if (answer) {
    result.summary = fmt::format("{}/status answers {}{}", base, answer->status, process);
    result.hint = "exai log errors";
  } else if (answer.error().kind == ErrorKind::refused) {
    result = check_unknown(answer.error());
  } else if (instance) {
    result.summary = fmt::format("runs and does not answer{}: {}", process, answer.error().message);
    result.hint = "exai log errors, then exai stop";
  } else {
    result.status = Status::fail;
    result.summary = fmt::format("not running: {}", answer.error().message);
    result.hint = "exai serve";
  }
  result.id = "server.status";
  if (instance)
    result.facts.push_back({"resident_bytes",
                            fmt::format("{}", instance->resident_bytes),
                            double(instance->resident_bytes),
                            "bytes",
                            {},
                            {}});
  return result;
}

Result<Outcome> run_status(const Args& args, Context& context) {
  const Deadline until = context.deadline.within(k_wait, context.clock);
  for (;;) {
    CheckResult result = timed(context.clock, [&] { return look(context); });
    const bool again = args.has("--wait") && result.status != Status::pass && !until.passed(context.clock);
    if (!again || !pause(Millis{100}, context)) return single(std::move(result), context, "status");
  }
}

constexpr cli::Option k_status_options[] = {
    {.name = "--wait", .help = "until the server answers, 30 s or --timeout at most"}};

const Registered<cli::Command> k_status{
    cli::Command{.path = "status",
                 .group = "Serve",
                 .summary = "does the server of this deployment run and answer",
                 .options = k_status_options,
                 .recording = cli::Recording::asked,
                 .run = run_status}};

}  // namespace
}  // namespace exai::commands
