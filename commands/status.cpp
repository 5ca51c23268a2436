#include "checks/probes.hpp"
#include "commands/instance.hpp"
#include "commands/json_text.hpp"
#include "io/http.hpp"

#include <fmt/core.h>

namespace exai::commands::status_command {
namespace {

constexpr Millis k_one_try{2000};
constexpr Millis k_wait{30000};

std::string base_url(const Config& config) {
  std::string url = checks::mcp_url(config);
  if (const auto path = url.rfind("/mcp"); path != std::string::npos) url.resize(path);
  return url;
}

std::string status_url(const Config& config) {
  return base_url(config) + "/status";
}

Result<io::HttpResponse> ask(const Context& context) {
  io::HttpRequest request;
  request.url = status_url(context.config);
  request.deadline = context.deadline.within(k_one_try, context.clock);
  request.stop = context.stop;
  request.max_body = std::size_t{1} << 20U;
  if (const Secret key = checks::own_key(context.config); !key.empty())
    request.headers.emplace_back("Authorization", "Bearer " + key.reveal());
  return io::http_exchange(request);
}

/// Running: the HTTP listener answers. Unknown: a process holds the lock and does not answer. Else not
/// running.
CheckResult look(const Context& context) {
  const Steady started = context.clock.steady();
  const auto instance = find_instance(context);
  const auto answer = ask(context);
  const bool process = instance && *instance && (*instance)->ours;
  CheckResult result = result_of("server.status", "the server runs and answers", Status::unknown, "");
  const std::string pid = process ? fmt::format(", pid {}", (*instance)->pid) : "";
  if (answer && answer->status == 200) {
    result.status = Status::pass;
    result.summary = fmt::format("running at {}{}", base_url(context.config), pid);
    result.facts = facts_of_json(answer->body);
  } else if (answer) {
    result.summary = fmt::format("{} answers {}{}", status_url(context.config), answer->status, pid);
    result.hint = "exai log errors";
  } else if (answer.error().kind == ErrorKind::refused) {
    result = check_unknown(answer.error());
  } else if (process) {
    result.summary =
        fmt::format("process {} runs and does not answer: {}", (*instance)->pid, answer.error().message);
    result.hint = "exai log errors, then exai stop";
  } else {
    result.status = Status::fail;
    result.summary = fmt::format("not running: {}", answer.error().message);
    result.hint = "exai serve";
  }
  result.id = "server.status";
  if (process)
    result.facts.push_back({"resident_bytes",
                            fmt::format("{}", (*instance)->resident_bytes),
                            double((*instance)->resident_bytes),
                            "bytes",
                            {},
                            {}});
  result.duration = std::chrono::duration_cast<Millis>(context.clock.steady() - started);
  return result;
}

Result<Outcome> run(const Args& args, Context& context) {
  const Deadline until = context.deadline.within(k_wait, context.clock);
  for (;;) {
    CheckResult result = look(context);
    const bool again = args.has("--wait") && result.status != Status::pass && !until.passed(context.clock);
    if (!again || !pause(Millis{100}, context)) return single(std::move(result), context, "status");
  }
}

constexpr cli::Option k_options[] = {
    {.name = "--wait", .help = "until the server answers, 30 s or --timeout at most"}};
constexpr cli::Example k_examples[] = {{"exai status", "does the server run"},
                                       {"exai status --wait --timeout 10s", "after a start"}};

const Registered<cli::Command> k_status{cli::Command{
    .path = "status",
    .group = "Serve",
    .summary = "does the server of this deployment run and answer",
    .text = "Exit code 0: it answers. 1: it does not run. 3: a process holds the lock and does not "
            "answer, or answers with an error.",
    .options = k_options,
    .examples = k_examples,
    .run = run}};

}  // namespace
}  // namespace exai::commands::status_command
