// The checks of Supabase: its keys by themselves, and its answers as PostgREST, the gateway before it, a
// proxy or a project that is paused give them.
#include "checks/measure/probe_supabase.hpp"
#include "checks/measure/supabase_judge.hpp"
#include "core/base64.hpp"
#include "core/text.hpp"
#include "tests/catch.hpp"
#include "tests/simulator/server.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <mutex>

#include <fmt/core.h>

using namespace exai;
using checks::SupabaseKeyKind;

namespace {

constexpr const char* k_ref = "abcdefghijklmnopqrst";
constexpr std::int64_t k_far = 4'000'000'000;  // 2096

std::string token(const std::string& role, std::int64_t expires = k_far, const std::string& ref = k_ref) {
  return base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
         base64url(fmt::format(R"({{"iss":"supabase","ref":"{}","role":"{}","iat":1700000000,"exp":{}}})",
                               ref, role, expires)) +
         "." + base64url("a signature that nobody can check");
}

const std::string k_anon = token("anon");
const std::string k_service = token("service_role");
const std::string k_publishable = "sb_publishable_0123456789abcdefghijkl";
const std::string k_server = "sb_secret_0123456789abcdefghijklmnop";
const std::string k_personal = "sbp_0123456789abcdef0123456789abcdef01234567";

Wall at_second(std::int64_t second) {
  return Wall(std::chrono::duration_cast<Wall::duration>(std::chrono::seconds(second)));
}

/// What a project answers, as tests change it.
struct Project {
  std::vector<std::string> served{"public", "graphql_public"};  ///< schemas
  std::vector<std::string> shown{};                             ///< tables that show a row to everybody
  std::vector<std::string> empty{};                             ///< tables that answer without one
  std::string instead{};                                        ///< a whole answer to everything
  bool hangs = false;
};

std::string http_answer(int status, const std::string& type, const std::string& body,
                        const std::string& more = "") {
  return fmt::format("HTTP/1.1 {} Said\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n{}", status, type,
                     body.size(), more, body);
}

std::string header_of(const std::string& head, const std::string& name) {
  const std::string lower = to_lower(head);
  const std::size_t at = lower.find("\r\n" + name + ":");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 3;
  return std::string(trim(std::string_view(head).substr(from, head.find("\r\n", from) - from)));
}

/// A project of Supabase on loopback: gateway, PostgREST, GoTrue and Storage, as far as probes see them.
class FakeSupabase {
 public:
  explicit FakeSupabase(Project project) : project_(std::move(project)) {
    auto server = simulator::Server::start(
        0, [this](simulator::Connection& connection, const simulator::RawRequest& request) {
          {
            const std::scoped_lock lock(mutex_);
            heads_.push_back(request.head);
          }
          if (project_.hangs) {
            connection.wait_for_hangup();
            return false;
          }
          return connection.write(answer(request));
        });
    REQUIRE(server);
    server_ = std::move(*server);
  }
  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }
  [[nodiscard]] std::vector<std::string> heads() const {
    const std::scoped_lock lock(mutex_);
    return heads_;
  }

 private:
  [[nodiscard]] std::string answer(const simulator::RawRequest& request) const {
    constexpr const char* k_json = "application/json";
    if (!project_.instead.empty()) return project_.instead;
    const std::string path = request.path.substr(0, request.path.find('?'));
    if (path == "/storage/v1/status") return http_answer(200, k_json, "");
    const std::string key = header_of(request.head, "apikey");
    const bool known = key == k_anon || key == k_service || key == k_publishable || key == k_server;
    if (!known)
      return http_answer(401, k_json,
                         fmt::format(R"({{"message":"Invalid API key {}","hint":"Double check it."}})", key));
    // The gateway takes the newer keys by their own header only.
    if (key.starts_with("sb_") && !request.authorization.empty())
      return http_answer(401, k_json, R"({"message":"Invalid JWT"})");
    if (path == "/auth/v1/health")
      return http_answer(200, k_json, R"({"version":"v2.170.0","name":"GoTrue","description":"x"})");
    if (path == "/rest/v1/")
      return http_answer(200, "application/openapi+json", R"({"swagger":"2.0","paths":{}})");
    return table(path.substr(path.rfind('/') + 1), header_of(request.head, "accept-profile"));
  }
  [[nodiscard]] std::string table(const std::string& name, const std::string& schema) const {
    constexpr const char* k_json = "application/json; charset=utf-8";
    const auto has = [](const std::vector<std::string>& all, const std::string& one) {
      return std::find(all.begin(), all.end(), one) != all.end();
    };
    if (!has(project_.served, schema))
      return http_answer(
          406, k_json, R"({"code":"PGRST106","message":"The schema must be one of the following: public"})");
    if (has(project_.shown, schema + "." + name)) return http_answer(200, k_json, R"([{"id":"1"}])");
    if (has(project_.empty, schema + "." + name)) return http_answer(200, k_json, "[]");
    if (schema == "exai")
      return http_answer(401, k_json, R"({"code":"42501","message":"permission denied for schema exai"})");
    return http_answer(404, k_json,
                       R"({"code":"PGRST205","message":"Could not find the table in the schema cache"})");
  }

  Project project_;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::unique_ptr<simulator::Server> server_;
};

struct Keys {
  std::string anon = k_anon, service = k_service, access{};
};

Config settings_for(const std::string& url, const Keys& keys = {}) {
  std::vector<RawSetting> values;
  for (const auto& [key, value] : {std::pair{"supabase.url", url}, std::pair{"supabase.anon_key", keys.anon},
                                   std::pair{"supabase.service_role_key", keys.service},
                                   std::pair{"supabase.access_token", keys.access}})
    if (!value.empty()) values.push_back({key, value});
  std::vector<Finding> findings;
  Config config = Config::build({{OriginKind::flag, "", std::move(values)}}, findings);
  for (const Finding& finding : findings) UNSCOPED_INFO(finding.message);
  CHECK(findings.empty());
  return config;
}

std::string told(const CheckResult& result) {
  std::string text =
      fmt::format("{} {}: {} | {}", result.id, to_string(result.status), result.summary, result.hint);
  for (const Finding& finding : result.findings) text += "\n  " + finding.message + " | " + finding.hint;
  for (const Fact& fact : result.facts) text += "\n  " + fact.name + " " + fact.text;
  return text;
}

bool mentions(const CheckResult& result, std::string_view words) {
  return told(result).find(words) != std::string::npos;
}

CheckResult judged(const char* id, const Config& config, Millis limit = Millis{20'000}) {
  const CheckContext context{.config = config,
                             .clock = system_clock(),
                             .deadline = Deadline::after(limit),
                             .stop = {},
                             .root = std::filesystem::temp_directory_path()};
  CheckResult result = run_check(*find_check(id), context);
  UNSCOPED_INFO(told(result));
  for (const std::string& key : {k_anon, k_service, k_publishable, k_server, k_personal})
    CHECK_FALSE(mentions(result, key));
  return result;
}

constexpr std::array k_network_ids{"supabase.rest", "supabase.auth", "supabase.storage", "supabase.exposure"};

std::vector<Finding> key_findings(const std::string& url, const Keys& keys,
                                  std::int64_t now = 1'800'000'000) {
  return checks::supabase_key_findings({url, Secret(keys.anon), Secret(keys.service), Secret(keys.access)},
                                       at_second(now));
}

}  // namespace

TEST_CASE("a key of Supabase tells its kind, its project and its end", "[checks][supabase]") {
  struct Row {
    std::string key;
    SupabaseKeyKind kind;
  };
  for (const Row& row : std::vector<Row>{
           {k_anon, SupabaseKeyKind::anon},
           {k_service, SupabaseKeyKind::service_role},
           {token("authenticated"), SupabaseKeyKind::other_role},
           {k_publishable, SupabaseKeyKind::publishable},
           {k_server, SupabaseKeyKind::secret},
           {k_personal, SupabaseKeyKind::management},
           {"", SupabaseKeyKind::unknown},
           {"ey", SupabaseKeyKind::unknown},
           {"ey.e30", SupabaseKeyKind::unknown},
           {"ey..", SupabaseKeyKind::unknown},
           {"ey.e30.x", SupabaseKeyKind::unknown},  // no role
           {"ey.!!!.x", SupabaseKeyKind::unknown},  // no base64
           {"ey." + base64url("no JSON") + ".x", SupabaseKeyKind::unknown},
           {"ey." + base64url(R"({"role":["anon"]})") + ".x.y", SupabaseKeyKind::unknown},  // four parts
           {"ey." + base64url(R"({"role":"anon"})") + std::string(9000, 'A') + ".x",
            SupabaseKeyKind::unknown},
       }) {
    INFO(row.key.substr(0, 60));
    CHECK(checks::read_supabase_key(Secret(row.key)).kind == row.kind);
  }
  const auto read = checks::read_supabase_key(Secret(token("anon", 1'900'000'000)));
  CHECK(read.ref == k_ref);
  CHECK(read.expires == at_second(1'900'000'000));
  CHECK(checks::read_supabase_key(Secret(token("anon", 9'223'372'036'854'775'807))).expires >
        at_second(k_far));
}

TEST_CASE("what is wrong with keys and address is named", "[checks][supabase]") {
  const std::string url = fmt::format("https://{}.supabase.co", k_ref);
  struct Row {
    std::string url;
    Keys keys;
    const char* rule;  // null: nothing is
    Status severity;
  };
  const std::vector<Row> rows{
      {url, {}, nullptr, Status::pass},
      {url + "/", {}, nullptr, Status::pass},
      {url, {k_publishable, k_server}, nullptr, Status::pass},
      {url, {k_anon, "", k_service}, nullptr, Status::pass},
      {url, {k_anon, k_service, k_personal}, nullptr, Status::pass},  // for other tools
      {"http://127.0.0.1:54321", {}, nullptr, Status::pass},
      {url, {k_service, k_anon}, "supabase.swapped", Status::fail},
      {url, {k_server, k_publishable}, "supabase.swapped", Status::fail},
      {url, {k_anon, k_anon}, "supabase.same", Status::fail},
      {url, {k_service, k_service}, "supabase.same", Status::fail},
      {url, {k_service, ""}, "supabase.kind", Status::fail},
      {url, {"", k_anon}, "supabase.kind", Status::fail},
      {url, {token("authenticated"), k_service}, "supabase.kind", Status::fail},
      {url, {k_anon, k_personal}, "supabase.management", Status::fail},
      {url, {k_personal, k_service}, "supabase.management", Status::fail},
      {url, {k_anon, "", k_personal}, "supabase.management", Status::fail},
      {url, {k_anon, "hunter2hunter2"}, "supabase.form", Status::fail},
      {url, {token("anon", 1'700'000'001), k_service}, "supabase.expired", Status::fail},
      {url, {k_anon, token("service_role", 1'800'000'000)}, "supabase.expired", Status::fail},
      {url, {k_anon, token("service_role", 1'800'000'000 + 29 * 86'400)}, "supabase.expires", Status::warn},
      {url, {k_anon, token("service_role", 1'800'000'000 + 31 * 86'400)}, nullptr, Status::pass},
      {url, {token("anon", k_far, "zzzzzzzzzzzzzzzzzzzz"), k_service}, "supabase.project", Status::fail},
      {"https://api.example.com",
       {token("anon", k_far, "zzz"), k_service},
       nullptr,
       Status::pass},  // own domain
      {url, {"", "", ""}, "supabase.none", Status::fail},
      {"", {}, "supabase.url", Status::warn},
      {"https://supabase.com/dashboard/project/" + std::string(k_ref),
       {},
       "supabase.dashboard",
       Status::fail},
      {fmt::format("https://db.{}.supabase.co", k_ref), {}, "supabase.database", Status::fail},
      {url + "/rest/v1", {}, "supabase.path", Status::fail},
      {fmt::format("http://{}.supabase.co", k_ref), {}, "supabase.clear", Status::fail},
      {"http://172.15.0.1:8000", {}, "supabase.clear", Status::fail},
      {"http://172.16.0.1:8000", {}, "supabase.clear", Status::warn},
      {"http://kong:8000", {}, "supabase.clear", Status::warn},
  };
  for (const Row& row : rows) {
    const auto findings = key_findings(row.url, row.keys);
    INFO(row.url << " wants " << (row.rule == nullptr ? "nothing" : row.rule));
    for (const Finding& finding : findings) {
      UNSCOPED_INFO(finding.rule << ": " << finding.message);
      for (const std::string& key : {row.keys.anon, row.keys.service, row.keys.access})
        CHECK((key.empty() || (finding.message + finding.hint).find(key) == std::string::npos));
      CHECK_FALSE(finding.hint.empty());
    }
    if (row.rule == nullptr) {
      CHECK(findings.empty());
      continue;
    }
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().rule == row.rule);
    CHECK(findings.front().severity == row.severity);
  }
}

TEST_CASE("without settings the checks of Supabase are skipped and say what to set", "[checks][supabase]") {
  const Config none = settings_for("", {"", "", ""});
  CHECK(judged("supabase.keys", none).status == Status::skip);
  for (const char* const id : k_network_ids) {
    CHECK(judged(id, none).status == Status::skip);
    CHECK(mentions(judged(id, none), "SUPABASE_URL"));
  }
}

TEST_CASE("a good project passes every check, with keys of both kinds", "[checks][supabase]") {
  const FakeSupabase project(Project{});
  for (const Keys& keys :
       {Keys{}, Keys{k_publishable, k_server}, Keys{k_anon, "", k_service}, Keys{k_anon, ""}}) {
    const Config config = settings_for(project.url(), keys);
    CHECK(judged("supabase.keys", config).status == Status::pass);
    for (const char* const id : k_network_ids) CHECK(judged(id, config).status == Status::pass);
  }
  CHECK(mentions(judged("supabase.auth", settings_for(project.url())), "version v2.170.0"));
  CHECK(mentions(judged("supabase.rest", settings_for(project.url())), "first_byte"));
}

TEST_CASE("keys go into headers only, and the server key is not shown to tables", "[checks][supabase]") {
  const FakeSupabase project(Project{});
  static_cast<void>(judged("supabase.exposure", settings_for(project.url())));
  for (const std::string& head : project.heads()) {
    const std::string line = head.substr(0, head.find("\r\n"));
    CHECK(line.find(k_anon) == std::string::npos);
    CHECK(line.find(k_service) == std::string::npos);
    if (line.find("limit=1") != std::string::npos) CHECK(head.find(k_service) == std::string::npos);
  }
}

TEST_CASE("the checks of one run ask Supabase once", "[checks][supabase]") {
  const FakeSupabase project(Project{});
  const Config config = settings_for(project.url());
  const CheckContext context{.config = config,
                             .clock = system_clock(),
                             .deadline = Deadline::after(Millis{20'000}),
                             .stop = {},
                             .root = std::filesystem::temp_directory_path()};
  for (const char* const id : k_network_ids) run_check(*find_check(id), context);
  const auto heads = project.heads();
  CHECK(std::count_if(heads.begin(), heads.end(),
                      [](const std::string& head) { return head.starts_with("GET /auth/v1/health"); }) == 1);
}

TEST_CASE("a key that is refused fails, and the gateway's words do not bring it out", "[checks][supabase]") {
  const FakeSupabase project(Project{});
  const std::string other = token("service_role", k_far, "ref-of-another-one");
  const Config config = settings_for(project.url(), {k_anon, other});
  for (const char* const id : {"supabase.rest", "supabase.auth"}) {
    const CheckResult result = judged(id, config);
    CHECK(result.status == Status::fail);
    CHECK(mentions(result, "Invalid API key"));
    CHECK_FALSE(mentions(result, other));
    CHECK(mentions(result, "SUPABASE_SERVICE_ROLE_KEY"));
  }
  CHECK(judged("supabase.exposure", config).status == Status::pass);
  CHECK(judged("supabase.exposure", settings_for(project.url(), {token("anon", k_far, "another")})).status ==
        Status::unknown);
}

TEST_CASE("rows that everybody sees are a failure", "[checks][supabase]") {
  struct Row {
    Project project;
    Status expected;
    const char* says;
  };
  for (const Row& row : std::vector<Row>{
           {{.served = {"public", "exai"}}, Status::pass, "none of our tables"},
           {{.served = {"public", "exai"}, .empty = {"exai.runs", "public.messages"}},
            Status::pass,
            "2 tables are served"},
           {{.served = {"public", "exai"}, .shown = {"exai.turns"}}, Status::fail, "rows of exai.turns"},
           {{.shown = {"public.messages"}}, Status::fail, "rows of public.messages"}}) {
    const FakeSupabase project(row.project);
    const CheckResult result = judged("supabase.exposure", settings_for(project.url()));
    CHECK(result.status == row.expected);
    CHECK(mentions(result, row.says));
  }
  const FakeSupabase project(Project{});
  CHECK(judged("supabase.exposure", settings_for(project.url(), {"", k_service})).status == Status::skip);
  CHECK(judged("supabase.exposure", settings_for(project.url(), {k_service, k_anon})).status ==
        Status::unknown);
}

TEST_CASE("who answers in the place of a project is told from it", "[checks][supabase]") {
  constexpr const char* k_json = "application/json";
  struct Row {
    std::string answer;
    Status expected;
    const char* says;
  };
  for (const Row& row : std::vector<Row>{
           {http_answer(540, "text/html", "<html>paused</html>"), Status::fail, "paused"},
           {http_answer(404, k_json, R"({"error":"requested path is invalid"})"), Status::fail,
            "paused or deleted"},
           {http_answer(404, "text/html", "<html>Not Found</html>"), Status::unknown, "is not Supabase"},
           {http_answer(503, k_json, R"({"message":"no schema cache"})"), Status::fail,
            "503: no schema cache"},
           {http_answer(503, "text/html", "<html>busy</html>"), Status::unknown, "is not Supabase"},
           {http_answer(200, "text/html", "<html>Log in to the network</html>"), Status::unknown,
            "is not Supabase"},
           {http_answer(302, "text/html", "", "Location: https://other.example/rest?apikey=x\r\n"),
            Status::fail, "redirects to https://other.example, which was sent no key"},
           {http_answer(301, "text/html", "", "Location: /login\r\n"), Status::fail, "another path"},
           {http_answer(418, k_json, "{}"), Status::fail, "418"},
       }) {
    Project project;
    project.instead = row.answer;
    const FakeSupabase server(project);
    const Config config = settings_for(server.url());
    INFO(row.says);
    for (const char* const id : {"supabase.rest", "supabase.auth"}) {
      const CheckResult result = judged(id, config);
      CHECK(result.status == row.expected);
      CHECK(mentions(result, row.says));
    }
    CHECK(judged("supabase.exposure", config).status == Status::unknown);
  }
}

TEST_CASE("a project that hangs or is gone is unknown, and in time", "[checks][supabase]") {
  Project project;
  project.hangs = true;
  const FakeSupabase server(project);
  for (const std::string& url : {server.url(), std::string("http://127.0.0.1:1")}) {
    const Steady began = system_clock().steady();
    for (const char* const id : k_network_ids)
      CHECK(judged(id, settings_for(url), Millis{200}).status == Status::unknown);
    CHECK(system_clock().steady() - began < std::chrono::seconds(10));
  }
}

TEST_CASE("an address that cannot be one is asked nothing", "[checks][supabase]") {
  const Config config = settings_for(fmt::format("http://{}.supabase.co", k_ref));
  CHECK(judged("supabase.keys", config).status == Status::fail);
  for (const char* const id : k_network_ids) {
    CHECK(judged(id, config).status == Status::unknown);
    CHECK(mentions(judged(id, config), "in the clear"));
  }
}

TEST_CASE("a probe of Supabase gives a result to each question", "[checks][supabase]") {
  const FakeSupabase project(Project{});
  const checks::ProbeLimits limits{Deadline::after(Millis{20'000})};
  const auto results =
      checks::probe_supabase({project.url(), Secret(k_anon), Secret(k_service), Secret()}, limits);
  REQUIRE(results.size() == 5);
  for (const CheckResult& result : results) CHECK(result.status == Status::pass);
  checks::ProbeLimits strict = limits;
  strict.crit = Millis{0};
  CHECK(checks::probe_supabase({project.url(), Secret(k_anon), Secret(k_service), Secret()}, strict)[1]
            .status != Status::unknown);
  CHECK(checks::probe_supabase({}, limits).size() == 1);
  CHECK(checks::probe_supabase({"", Secret(k_anon), Secret(), Secret()}, limits).size() == 1);
}
