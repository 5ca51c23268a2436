// Texts that people and other programs write: JSON, env files, YAML, URLs, addresses, dates, event streams.
#include "core/config.hpp"
#include "core/dotenv.hpp"
#include "core/duration.hpp"
#include "core/forms.hpp"
#include "core/json.hpp"
#include "core/loose_json.hpp"
#include "core/redact.hpp"
#include "core/retry_after.hpp"
#include "core/sse.hpp"
#include "core/text.hpp"
#include "core/url.hpp"
#include "io/yaml.hpp"
#include "runbooks/read.hpp"
#include "suite/results/format.hpp"
#include "tests/fuzz/target.hpp"

#include <nlohmann/json.hpp>

namespace exai::fuzz {
namespace {

/// What is written is read again as the same value.
void json(std::string_view bytes) {
  const Result<Json> value = parse_json(bytes, k_file_depth);
  must(value.has_value() || !value.error().message.empty());
  if (!value || bytes.find('\0') != std::string_view::npos) {
    must(!value || bytes.find('\0') == std::string_view::npos);
    return;
  }
  const std::string written = dump_json(*value);
  must(is_utf8(written));
  const Result<Json> again = parse_json(written, k_file_depth);
  must(again.has_value() && dump_json(*again) == written);
}

void loose(std::string_view bytes) {
  LooseForm form = LooseForm::none;
  const Json value = loose_json(bytes, form);
  must((form == LooseForm::none) == value.is_null());
}

/// Every entry has a name that is one, and stands at a line that is there.
void dotenv(std::string_view bytes) {
  std::vector<Finding> findings;
  const ConfigLayer layer = parse_dotenv(bytes, ".env", findings);
  const auto lines = std::count(bytes.begin(), bytes.end(), '\n') + 1;
  for (const RawSetting& entry : layer.entries) {
    must(!entry.name.empty() && entry.name.find('=') == std::string::npos);
    must(entry.line >= 1 && entry.line <= lines);
  }
  for (const Finding& finding : findings) must(!finding.message.empty() && finding.where.has_value());
  const Config config = Config::build({layer}, findings);
  for (const Setting& setting : settings()) {
    const ConfigValue& value = config.peek(setting.key);
    if (value.unusable) continue;
    // What is in force is in its one spelling.
    const Result<std::string> again = canonical_value(setting, value.text);
    must(again.has_value() && *again == value.text);
  }
}

void yaml(std::string_view bytes) {
  (void)io::parse_yaml(bytes, "exai.yaml");
}

void runbook(std::string_view bytes) {
  const Result<Node> document = io::parse_yaml(bytes, "runbook.yaml");
  if (!document) return;
  std::vector<Finding> findings;
  (void)runbooks::read_runbook(*document, "runbook.yaml", {}, findings);
}

/// A base URL that is taken makes addresses that are taken.
void url(std::string_view bytes) {
  const Result<Url> parts = parse_url(bytes);
  if (parts) must(!parts->host.empty() && parts->path.starts_with('/') && !parts->port.empty());
  if (parse_base_url(bytes)) {
    const Result<std::string> below = url_below(bytes, "/chat/completions");
    must(below.has_value() && parse_url(*below).has_value());
  }
}

void address(std::string_view bytes) {
  const Result<std::string> host = parse_host(bytes);
  if (host) must(parse_host(*host).value_or("") == *host);
  if (const Result<HostPattern> pattern = parse_host_pattern(bytes)) must(!pattern->name.empty());
  (void)invisible_character(bytes);
  if (const Result<Millis> time = parse_duration(bytes, "s"))
    must(parse_duration(format_duration(*time)) == *time);
  (void)parse_bytes(bytes);
  (void)parse_delays(bytes);
}

void retry_after(std::string_view bytes) {
  const auto wait = parse_retry_after(bytes, Wall(std::chrono::seconds(1'800'000'000)));
  if (wait) must(wait->count() >= 0 && *wait <= k_max_retry_after);
}

std::vector<std::string> events_of(std::string_view bytes, std::size_t piece) {
  SseParser parser(4096);
  std::vector<std::string> events;
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    if (!parser.feed(bytes.substr(0, size),
                     [&](const SseEvent& event) { events.push_back(event.event + "\n" + event.data); }))
      break;
    bytes.remove_prefix(size);
  }
  return events;
}

/// How a stream is cut says nothing.
void sse(std::string_view bytes) {
  const std::vector<std::string> whole = events_of(bytes, bytes.size() + 1);
  must(events_of(bytes, 1) == whole);
  must(events_of(bytes, 7) == whole);
}

/// What is kept has its bounds and can be shown, and nothing passes without a test that did. Each format must
/// bear what looks like another.
void results(std::string_view bytes) {
  for (const suite::ResultFormat* format : Registered<suite::ResultFormat>::all()) {
    const Result<suite::TestRun> run = suite::read_results(bytes, format->id);
    must(run.has_value() || !run.error().message.empty());
    if (!run) continue;
    for (const suite::TestResult& result : run->results) {
      must(!result.name.empty() && result.name.size() <= suite::k_max_test_name);
      must(result.message.size() <= suite::k_max_test_message &&
           result.detail.size() <= suite::k_max_test_detail);
      for (const std::string* text :
           {&result.group, &result.name, &result.message, &result.detail, &result.file})
        must(is_utf8(*text) && printable(*text) == *text);
      must(result.duration.value_or(Micros{0}) >= Micros{0} && result.line.value_or(1) >= 1);
    }
    must(run->verdict() != Status::pass || run->count(suite::TestStatus::passed) > 0);
  }
  (void)suite::read_results(bytes);
}

const Registered<Target> k_json{Target{"json", "JSON, read and written", json}};
const Registered<Target> k_loose{Target{"loose-json", "JSON as models write it", loose}};
const Registered<Target> k_dotenv{Target{"dotenv", "env files and the settings in them", dotenv}};
const Registered<Target> k_yaml{Target{"yaml", "YAML documents", yaml}};
const Registered<Target> k_runbook{Target{"runbook", "runbooks", runbook}};
const Registered<Target> k_url{Target{"url", "URLs and bases of APIs", url}};
const Registered<Target> k_address{Target{"address", "hosts, patterns, durations, sizes", address}};
const Registered<Target> k_retry{Target{"retry-after", "Retry-After", retry_after}};
const Registered<Target> k_results{Target{"results", "results of tests", results}};
const Registered<Target> k_sse{Target{"sse", "event streams", sse}};

}  // namespace
}  // namespace exai::fuzz
