#include "checks/measure/probe_http.hpp"

#include "core/json.hpp"
#include "core/text.hpp"
#include "io/http.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

// One expectation against the answer; the text says what was found instead.
Result<void> meets(const std::string& expectation, const io::HttpResponse& answer) {
  const auto equals = expectation.find('=');
  const std::string name = expectation.substr(0, equals);
  const std::string wanted = equals == std::string::npos ? "" : expectation.substr(equals + 1);
  if (equals == std::string::npos || (name != "status" && name != "contains" && !name.starts_with("json.")))
    return fail(ErrorKind::usage, fmt::format("\"{}\" is not an expectation", expectation),
                "write status=200, contains=TEXT or json.PATH=VALUE");
  if (name == "status") {
    if (fmt::format("{}", answer.status) == wanted) return {};
    return fail(ErrorKind::invalid, fmt::format("answered {} instead of {}", answer.status, wanted));
  }
  if (name == "contains") {
    if (answer.body.find(wanted) != std::string::npos) return {};
    return fail(ErrorKind::invalid, fmt::format("the answer does not contain \"{}\"", wanted));
  }
  const auto found = json_at(answer.body, std::string_view(name).substr(5));
  if (!found) return fail(found.error());
  if (*found == wanted) return {};
  return fail(ErrorKind::invalid,
              fmt::format("{} is \"{}\" instead of \"{}\"", name.substr(5), printable(*found), wanted));
}

}  // namespace

CheckResult probe_http(const std::string& url, const std::vector<std::string>& expect,
                       const ProbeLimits& limits) {
  io::HttpRequest request;
  request.url = url;
  request.deadline = limits.deadline;
  request.stop = limits.stop;
  const auto answer = io::http_exchange(request);
  CheckResult result;
  if (!answer) {
    result = check_unknown(answer.error());
  } else {
    const bool asks_status = std::any_of(expect.begin(), expect.end(),
                                         [](const std::string& text) { return text.starts_with("status="); });
    result = check_pass(fmt::format("{} in {}", answer->status, format_duration(answer->total_time)));
    if (!asks_status && (answer->status < 200 || answer->status > 299))
      result = check_fail(fmt::format("answered {}", answer->status), fmt::format("curl -i {}", url));
    for (const std::string& expectation : expect) {
      const auto met = meets(expectation, *answer);
      if (!met && result.status == Status::pass)
        result = check_fail(met.error().message,
                            met.error().hint.empty() ? fmt::format("curl -i {}", url) : met.error().hint);
    }
    judge_time(result, answer->total_time, limits);
  }
  result.id = "probe.http";
  result.title = url;
  return result;
}

}  // namespace exai::checks
