#include "core/text.hpp"
#include "core/utc.hpp"
#include "tools/envelope.hpp"
#include "tools/log_lines.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::size_t k_activity_window = 50'000;

struct Query {
  std::size_t lines = 200;
  LineFilter filter;
  std::string since, until;  ///< beginnings of times as the logs write them; empty = open
};

/// Times in the logs are "2026-11-21T14:03:07.250Z": they sort as text, and a shorter one is their beginning.
Result<std::string> read_time(const Json& arguments, const char* key, const Clock& clock) {
  const std::string text(trim(arguments.value(key, "")));
  if (text.empty()) return std::string();
  if (const Result<Millis> ago = parse_duration(text)) return format_utc(clock.wall() - *ago);
  constexpr std::string_view k_shape = "dddd-dd-ddTdd:dd:dd.dddZ";
  std::string time = text;
  if (time.size() > 10 && (time[10] == ' ' || time[10] == 't')) time[10] = 'T';
  const std::string_view digits =
      time.ends_with('Z') ? std::string_view(time).substr(0, time.size() - 1) : time;
  bool fits = digits.size() >= 4 && digits.size() < k_shape.size();
  for (std::size_t at = 0; fits && at < digits.size(); ++at)
    fits = k_shape[at] == 'd' ? digits[at] >= '0' && digits[at] <= '9' : digits[at] == k_shape[at];
  if (fits) return std::string(digits);
  return fail(ErrorKind::invalid, fmt::format("{}: '{}' is not a time", key, printable(text)),
              "write 2026-11-21T14:00:00Z (UTC), or how long ago: 15m, 2h");
}

Result<Query> read_query(const Json& arguments, const engine::CallContext& context) {
  Query query;
  query.lines = arguments.value("lines", std::size_t{200});
  Result<LineFilter> filter = LineFilter::from(arguments.value("filter", ""));
  if (!filter) return fail(filter.error());
  query.filter = std::move(*filter);
  Result<std::string> since = read_time(arguments, "since", context.clock());
  if (!since) return fail(since.error());
  Result<std::string> until = read_time(arguments, "until", context.clock());
  if (!until) return fail(until.error());
  query.since = std::move(*since);
  query.until = std::move(*until);
  if (!query.since.empty() && !query.until.empty() && query.since > query.until)
    return fail(ErrorKind::invalid, "since: it is later than until", "exchange them");
  return query;
}

bool in_time(const std::string& line, const Query& query) {
  if (query.since.empty() && query.until.empty()) return true;
  const Result<Json> record = parse_json(line);
  const auto at = record && record->is_object() ? record->find("t") : Json::const_iterator();
  if (!record || !record->is_object() || at == record->end() || !at->is_string()) return false;
  const std::string& time = at->get_ref<const std::string&>();
  if (!query.since.empty() && time < query.since) return false;
  return query.until.empty() || time.substr(0, query.until.size()) <= query.until;
}

Result<std::vector<std::string>> read_lines(std::string& source, const engine::CallContext& context) {
  const bool admin = context.may(Scope::admin);
  if (source == "server" && !admin)
    return fail(ErrorKind::refused, "source: the server's own log needs a key with scope admin",
                "use source activity for your own calls");
  if (source != "server") {
    std::vector<std::string> lines = visible_activity(context, k_activity_window);
    if (source == "activity" || !lines.empty() || !admin) {
      source = "activity";
      return lines;
    }
  }
  source = "server";
  return context.server().log_tail(engine::ServerView::LogFile::server, k_activity_window);
}

Result<engine::CallAnswer> run_activity(const Json& arguments, engine::CallContext& context) {
  const Result<Query> query = read_query(arguments, context);
  if (!query) return fail(query.error());
  std::string source = arguments.value("source", "auto");
  Result<std::vector<std::string>> lines = read_lines(source, context);
  if (!lines) return fail(lines.error());
  std::vector<std::string> chosen;
  for (auto line = lines->rbegin(); line != lines->rend() && chosen.size() < query->lines; ++line)
    if (query->filter.matches(*line) && in_time(*line, *query)) chosen.push_back(std::move(*line));
  std::reverse(chosen.begin(), chosen.end());
  Json result{{"source", source}, {"count", chosen.size()}};
  if (arguments.value("structured", false)) {
    Json records = Json::array();
    for (const std::string& line : chosen) records.push_back(parse_json(line).value_or(Json{{"text", line}}));
    result["records"] = std::move(records);
    return json_output(std::move(result));
  }
  const std::string text = chosen.empty() ? "no line of the " + source + " log fits" : join(chosen, "\n");
  result["lines"] = std::move(chosen);
  return text_output(text, dump_json(std::move(result)));
}

const Registered<Tool> k_activity_tool{
    Tool{.id = "activity",
         .title = "Activity",
         .description = "The latest log lines of your calls, or of the server.",
         .run = &run_activity}};

}  // namespace
}  // namespace exai::tools
