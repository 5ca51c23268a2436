#include "core/utc.hpp"
#include "serve/auth/access.hpp"
#include "tests/catch.hpp"
#include "tests/serve/auth/auth_fixture.hpp"

using namespace exai;
using namespace exai::engine;
using namespace exai::serve::auth;
using namespace exai::serve::net;
using namespace exai::tests;

namespace {

const std::string k_json = "Content-Type: application/json\r\n";

std::string entry(const std::string& name, const std::string& key, const std::string& rest = {}) {
  return "- name: " + name + "\n  sha256: " + sha256_hex(key) + "\n  scope: operator\n" + rest;
}

/// A policy over a keys file with that text.
AccessPolicy policy_of(const Scratch& folder, const std::string& keys, const Clock& clock,
                       Settings settings = {}) {
  const std::filesystem::path path = folder.write("keys.yaml", keys);
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  settings.push_back({"auth.keys_file", "keys.yaml"});
  Result<AccessPolicy> policy = AccessPolicy::load(config_of(settings), folder.path(), false, nullptr, clock);
  if (!policy) FAIL(policy.error().message);
  return std::move(*policy);
}

AccessDecision judged(const AccessPolicy& policy, std::string_view name, std::string_view value,
                      std::string_view path = "/mcp") {
  HttpRequest request;
  request.method = "POST";
  request.path = path;
  if (!name.empty()) request.headers.emplace_back(name, value);
  return policy.judge(request);
}

}  // namespace

TEST_CASE("several keys are valid at once, each until it expires", "[serve][auth][keys]") {
  const Scratch folder;
  AuthClock clock;
  const std::string soon = utc_seconds(clock.wall() + std::chrono::hours(1));
  const AccessPolicy policy = policy_of(
      folder,
      entry("old", "old-key-0123456789", "  expires: " + soon + "\n") + entry("new", "new-key-0123456789"),
      clock, {{"auth.api_keys", "plain-0123456789ab"}});
  CHECK(judged(policy, "x-api-key", "old-key-0123456789").pass->principal.name == "old");
  const AccessDecision fresh = judged(policy, "Authorization", "BEARER new-key-0123456789");
  CHECK(fresh.kind == AccessDecision::Kind::allow);
  CHECK(fresh.pass->principal.name == "new");
  CHECK(fresh.pass->principal.scope == Scope::operator_);
  const AccessDecision plain = judged(policy, "x-api-key", "plain-0123456789ab");
  CHECK(plain.pass->principal.name == "key:" + sha256_hex("plain-0123456789ab").substr(0, 8));
  CHECK(plain.pass->principal.scope == Scope::admin);
  clock.advance(std::chrono::hours(2));
  const AccessDecision late = judged(policy, "x-api-key", "old-key-0123456789");
  CHECK(late.kind == AccessDecision::Kind::deny);
  CHECK(late.refusal.status == 401);
  CHECK(late.refusal.body.find("expired") != std::string::npos);
  CHECK(late.refusal.body.find("old") == std::string::npos);  // the name is for the log
  CHECK(late.note.find("\"old\"") != std::string::npos);
  CHECK(judged(policy, "x-api-key", "new-key-0123456789").kind == AccessDecision::Kind::allow);
  const AccessDecision wrong = judged(policy, "x-api-key", "wrong-key-0123456789");
  CHECK(wrong.refusal.status == 401);
  CHECK(wrong.refusal.headers.find("error=\"invalid_token\"") != std::string::npos);
  CHECK(wrong.note == "a key that is not known was presented");  // and nothing of it
  CHECK(wrong.reason == "key");
  CHECK(judged(policy, "", "").refusal.headers == "WWW-Authenticate: Bearer realm=\"exai\"\r\n");
  CHECK(judged(policy, "Authorization", "Basic bmV3OmtleQ==").refusal.status == 401);
  CHECK(judged(policy, "Authorization", "Bearer ").refusal.status == 401);
  HttpRequest twice;
  twice.path = "/mcp";
  twice.headers = {{"x-api-key", "new-key-0123456789"}, {"X-API-Key", "wrong"}};
  CHECK(policy.judge(twice).refusal.status == 400);
  CHECK(policy_of(folder, entry("old", "k", "  expires: 2001-01-01\n"), clock).warnings().size() == 1);
}

TEST_CASE("a keys file without a key lets nobody in, and no setting leaves loopback open",
          "[serve][auth][keys]") {
  const Scratch folder;
  AuthClock clock;
  CHECK(judged(policy_of(folder, "[]\n", clock), "", "").refusal.status == 401);
  CHECK_FALSE(policy_of(folder, "[]\n", clock).hello("", Secret()));
  const Result<AccessPolicy> none = AccessPolicy::load(config_of({}), folder.path());
  REQUIRE(none);
  CHECK(judged(*none, "", "").pass->principal.name == "local");
  CHECK(judged(*none, "", "").pass->principal.scope == Scope::admin);
  CHECK(none->hello("anything", Secret())->principal.name == "local");
  const auto load = [&](const Settings& settings) {
    return AccessPolicy::load(config_of(settings), folder.path());
  };
  CHECK_FALSE(load({{"auth.keys_file", "gone.yaml"}}));
  folder.write("keys.yaml", entry("a", "plain-0123456789ab"));
  const auto both = load({{"auth.keys_file", "keys.yaml"}, {"auth.api_keys", "plain-0123456789ab"}});
  REQUIRE_FALSE(both);
  CHECK(both.error().message.find("\"a\"") != std::string::npos);
}

TEST_CASE("an address that others can reach needs keys or an issuer", "[serve][auth][keys]") {
  const Scratch folder;
  const auto exposed = [&](const Settings& settings) {
    const Config config = config_of(settings);
    const Result<AccessPolicy> policy = AccessPolicy::load(config, folder.path());
    if (!policy) FAIL(policy.error().message);
    return check_exposure(config, *policy).has_value();
  };
  folder.write("keys.yaml", entry("a", "one"));
  folder.write("empty.yaml", "[]\n");
  const RawSetting wide{"http.host", "0.0.0.0"}, wide_ws{"ws.host", "0.0.0.0"};
  CHECK_FALSE(exposed({wide}));
  CHECK_FALSE(exposed({wide, {"auth.keys_file", "empty.yaml"}}));
  CHECK(exposed({wide, {"auth.keys_file", "keys.yaml"}}));
  CHECK(exposed({wide, {"auth.api_keys", "plain-0123456789ab"}}));
  CHECK(exposed({wide,
                 {"auth.oauth.issuer", "https://issuer.example"},
                 {"auth.oauth.resource", "https://mcp.example/mcp"}}));
  CHECK_FALSE(exposed({wide_ws}));
  CHECK(exposed({wide_ws, {"ws.token", "a-token-of-some-length"}}));
  CHECK(exposed({wide_ws, {"auth.keys_file", "keys.yaml"}}));
  CHECK_FALSE(exposed({wide_ws,
                       {"auth.oauth.issuer", "https://issuer.example"},
                       {"auth.oauth.resource", "https://mcp.example/mcp"}}));
}

TEST_CASE("a reload hands the issuer's keys on where nothing of OAuth has changed", "[serve][auth][oauth]") {
  const Scratch folder;
  const auto load = [&](const std::string& issuer, const AccessPolicy* before) {
    Result<AccessPolicy> policy = AccessPolicy::load(
        config_of({{"auth.oauth.issuer", issuer}, {"auth.oauth.resource", "https://mcp.example/mcp"}}),
        folder.path(), false, before);
    if (!policy) FAIL(policy.error().message);
    return std::move(*policy);
  };
  const AccessPolicy first = load("https://issuer.example", nullptr);
  CHECK(load("https://issuer.example", &first).issuer() == first.issuer());
  CHECK(load("https://other.example", &first).issuer() != first.issuer());
}

TEST_CASE("hello accepts the token of exai_ws and every key", "[serve][auth][exai_ws]") {
  const Scratch folder;
  AuthClock clock;
  const AccessPolicy policy = policy_of(
      folder, entry("laptop", "laptop-key-0123456789") + entry("old", "old-key", "  expires: 2001-01-01\n"),
      clock, {{"ws.token", "a-token-of-some-length"}});
  const Secret own("a-token-of-some-length");
  REQUIRE(policy.hello("a-token-of-some-length", own));
  CHECK(policy.hello("a-token-of-some-length", own)->principal.name == "daemon");
  REQUIRE(policy.hello("laptop-key-0123456789", own));
  CHECK(policy.hello("laptop-key-0123456789", own)->principal.name == "laptop");
  CHECK(policy.hello("laptop-key-0123456789", own)->principal.scope == Scope::operator_);
  CHECK_FALSE(policy.hello("old-key", own));
  CHECK_FALSE(policy.hello("", own));
  TestServer server(Settings{{"auth.api_keys", "plain-0123456789ab"}});
  CHECK(WebSocketTestClient(server.websocket()).hello("wrong")["ok"] == false);
  CHECK(WebSocketTestClient(server.websocket()).hello("")["ok"] == false);
  CHECK(WebSocketTestClient(server.websocket()).hello("plain-0123456789ab")["ok"] == true);
}

TEST_CASE("no verb and no path lets anybody in without a key", "[serve][auth][http]") {
  TestServer server(Settings{{"auth.api_keys", "plain-0123456789ab"}});
  const std::string right = "x-api-key: plain-0123456789ab\r\n";
  for (const char* const verb : {"POST", "GET", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH", "BREW"}) {
    for (const char* const path : {"/mcp", "/status", "/metrics", "/mcp?key=plain-0123456789ab"}) {
      INFO(verb << " " << path);
      const HttpReply without = http(server.mcp(), verb, path, k_json);
      CHECK(without.status == 401);
      CHECK(without.header("www-authenticate") == "Bearer realm=\"exai\"");
      CHECK((without.body.empty()) == (std::string_view(verb) == "HEAD"));
      const HttpReply wrong = http(server.mcp(), verb, path, k_json + "Authorization: Bearer nonsense\r\n");
      CHECK(wrong.status == 401);
      CHECK(wrong.header("www-authenticate") == "Bearer error=\"invalid_token\"");
      CHECK(http(server.mcp(), verb, path, k_json + "Host: evil.example\r\n" + right).status == 403);
      CHECK(http(server.mcp(), verb, path, k_json + right).status != 401);
    }
    for (const char* const path :
         {"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp",
          "/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/mcp",
          "/.well-known/openid-configuration", "/mcp/.well-known/openid-configuration", "/nowhere",
          "/mcp//"}) {
      INFO(verb << " " << path);
      for (const std::uint16_t port : {server.mcp(), server.health()}) {
        const HttpReply missing = http(port, verb, path, "");
        CHECK(missing.status == 404);
        CHECK(missing.header("content-type") == "application/json");
      }
    }
  }
}

TEST_CASE("the token of exai_ws guards MCP on the same port too", "[serve][auth]") {
  const std::string mcp = "Sec-WebSocket-Protocol: mcp\r\n";
  const auto upgrade = [&](const TestServer& server, const std::string& head) {
    return WebSocketTestClient(server.websocket(), mcp + head).status;
  };
  TestServer open;
  CHECK(upgrade(open, "") == 101);
  TestServer server(Settings{{"ws.token", "a-token-of-some-length"}});
  CHECK(upgrade(server, "") == 401);
  CHECK(upgrade(server, "Authorization: Bearer something-else-here\r\n") == 401);
  CHECK(upgrade(server, "Authorization: Bearer a-token-of-some-length\r\n") == 101);
  CHECK(WebSocketTestClient(server.websocket()).hello("a-token-of-some-length")["ok"] == true);
  TestServer keyed(Settings{{"auth.api_keys", "a-key-of-16-chars"}});
  CHECK(upgrade(keyed, "") == 401);
  CHECK(upgrade(keyed, "x-api-key: a-key-of-16-chars\r\n") == 101);
}
