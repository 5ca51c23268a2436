#include "checks/measure/supabase_facts.hpp"

#include "core/json.hpp"
#include "core/redact.hpp"
#include "core/text.hpp"
#include "core/url.hpp"
#include "io/http.hpp"
#include "store/pools.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

namespace exai::checks {
namespace {

// One part that hangs must leave time for the others.
constexpr Millis k_part_patience{4000};
constexpr std::size_t k_max_kept = 300;

/// Which key goes along, and which schema is meant.
struct SupabaseQuestion {
  std::string path;
  const Secret* key = nullptr;
  std::string schema{};
};

/// The origin of an absolute address; "" for a relative one.
std::string origin_of(std::string_view location) {
  const auto url = parse_url(location);
  if (!url) return {};
  const bool usual = url->port == (url->scheme == "https" ? "443" : "80");
  return printable(
      fmt::format("{}://{}{}{}", url->scheme, url->host, usual ? "" : ":", usual ? "" : url->port));
}

/// The first of the fields that a text of JSON has, without the keys that it may repeat.
std::string field_of(std::string_view body, const Redactor& redactor,
                     std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto found = json_at(body, name); found && !found->empty() && *found != "null")
      return std::string(beginning_of(printable(redactor.apply(*found)), k_max_kept));
  return {};
}

SupabaseAnswer read_answer(const io::HttpResponse& response, const Redactor& redactor) {
  SupabaseAnswer answer;
  answer.status = response.status;
  answer.connect = response.connect_time;
  answer.first_byte = response.first_byte_time;
  answer.total = response.total_time;
  const std::string type = to_lower(response.header("content-type"));
  const std::string_view body = trim(response.body);
  answer.json = body.empty() || type.find("json") != std::string::npos;
  answer.rows = body.starts_with('[') && trim(body.substr(1)) != "]";
  if (response.status >= 300 && response.status < 400)
    answer.moved_to = origin_of(response.header("location"));
  constexpr std::size_t k_small = 64 * 1024;  // the list of all that PostgREST serves has no message
  if (answer.json && body.starts_with('{') && body.size() <= k_small) {
    answer.code = field_of(body, redactor, {"code", "error_code"});
    answer.message = field_of(body, redactor, {"message", "msg", "error_description", "error"});
    answer.version = field_of(body, redactor, {"version"});
  }
  return answer;
}

class SupabaseAsker {
 public:
  explicit SupabaseAsker(const SupabaseVisit& visit)
      : visit_(visit), redactor_({visit.settings.anon, visit.settings.service, visit.settings.access}) {}

  Result<SupabaseAnswer> ask(const SupabaseQuestion& question) {
    io::HttpRequest request;
    const auto url = url_below(visit_.settings.url, question.path);
    if (!url) return fail(url.error());
    request.url = *url;
    request.deadline = visit_.deadline.within(k_part_patience, system_clock());
    request.stop = visit_.stop;
    request.headers = {{"Accept", "application/json"}};
    if (question.key != nullptr) {
      request.headers.emplace_back("apikey", question.key->reveal());
      // The newer keys are no tokens, and refused as such.
      if (read_supabase_key(*question.key).is_token())
        request.headers.emplace_back("Authorization", "Bearer " + question.key->reveal());
    }
    if (!question.schema.empty()) request.headers.emplace_back("Accept-Profile", question.schema);
    const auto response = io::http_exchange(request);
    if (response) return read_answer(*response, redactor_);
    if (visit_.deadline.passed() || visit_.stop.stop_requested()) whole_ = false;
    return fail(response.error());
  }
  [[nodiscard]] bool whole() const { return whole_; }

 private:
  const SupabaseVisit& visit_;
  Redactor redactor_;
  bool whole_ = true;
};

/// The tables that the migrations of this program make.
std::vector<std::string> own_tables() {
  constexpr std::string_view k_create = "CREATE TABLE ";
  std::vector<std::string> names;
  for (const auto& [name, sql] : store::postgres_migrations())
    for (std::size_t at = sql.find(k_create); at != std::string_view::npos; at = sql.find(k_create, at + 1)) {
      const std::string_view rest = sql.substr(at + k_create.size());
      names.emplace_back(rest.substr(0, rest.find_first_of(" (\n")));
    }
  return names;
}

/// Whether PostgREST says that it serves no such schema at all.
bool serves_no_schema(const Result<SupabaseAnswer>& answer) {
  return answer && answer->code == "PGRST106";
}

std::vector<SupabaseLook> look_around(SupabaseAsker& asker, const Secret& key) {
  // Where an earlier server kept what is said with models, without row level security.
  constexpr std::array k_original{"conversations",         "messages", "files", "conversation_files",
                                  "provider_file_uploads", "sessions"};
  std::vector<SupabaseLook> looks;
  const auto look = [&](const std::string& schema, const std::string& table) {
    looks.push_back({schema + "." + table,
                     asker.ask({fmt::format("/rest/v1/{}?select=*&limit=1", table), &key, schema})});
    // Who does not answer once is not asked for every table.
    return looks.back().answer && !serves_no_schema(looks.back().answer);
  };
  for (const std::string& table : own_tables())
    if (!look("exai", table)) break;
  if (!looks.empty() && !looks.back().answer) return looks;
  for (const char* const table : k_original)
    if (!look("public", table)) break;
  return looks;
}

}  // namespace

Result<SupabaseFacts> visit_supabase(const SupabaseVisit& visit) {
  for (const Finding& finding : supabase_url_findings(visit.settings.url))
    if (finding.severity == Status::fail) return fail(ErrorKind::config, finding.message, finding.hint);
  SupabaseFacts facts;
  facts.origin = origin_of(visit.settings.url);
  SupabaseAsker asker(visit);
  const Secret& server = visit.settings.server_key();
  const Secret& anon = visit.settings.anon;
  facts.server_key = !server.empty();
  const Secret* const key = facts.server_key ? &server : anon.empty() ? nullptr : &anon;
  facts.rest = asker.ask({"/rest/v1/", key});
  facts.auth = asker.ask({"/auth/v1/health", key});
  facts.storage = asker.ask({"/storage/v1/status", key});
  if (facts.storage && facts.storage->status == 404) facts.storage = asker.ask({"/storage/v1/bucket", key});
  facts.public_key = !anon.empty();
  if (read_supabase_key(anon).is_server())
    facts.looks = supabase_unasked("SUPABASE_ANON_KEY holds a server key, so nobody looked as everybody may");
  else if (facts.public_key)
    facts.looks = look_around(asker, anon);
  facts.whole = asker.whole();
  return facts;
}

std::shared_ptr<const Result<SupabaseFacts>> measure_supabase(const CheckContext& context) {
  SupabaseSettings settings = supabase_settings(context.config);
  if (settings.url.empty()) return nullptr;
  return context.measurements->once<Result<SupabaseFacts>>(
      settings.url, context.asker(),
      [&] {
        return visit_supabase({settings, context.deadline, context.stop});
      },
      [](const Result<SupabaseFacts>& facts) { return !facts || facts->whole; });
}

}  // namespace exai::checks
