#include "serve/auth/issuer_keys.hpp"
#include "tests/catch.hpp"
#include "tests/serve/auth/auth_fixture.hpp"

using namespace exai;
using namespace exai::serve::auth;
using namespace exai::tests;

namespace {

const std::string k_json = "Content-Type: application/json\r\n";
const std::string k_resource = "http://127.0.0.1:8000/mcp";
const std::string k_metadata_url = "http://127.0.0.1:8000/.well-known/oauth-protected-resource/mcp";
const std::string k_open =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})";

/// A server that trusts an issuer in this process, and a clock for both.
struct ServerWithIssuer {
  explicit ServerWithIssuer(Settings more = {}) {
    more.push_back({"auth.oauth.issuer", issuer.url()});
    more.push_back({"auth.oauth.resource", k_resource});
    server.emplace(more, clock);
  }

  [[nodiscard]] std::string claims(const std::string& scope, const std::string& audience = k_resource) const {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
    Json claims = {{"iss", issuer.url()}, {"aud", audience}, {"sub", "alice"}, {"exp", now + 3600}};
    if (!scope.empty()) claims["scope"] = scope;
    return dump_json(claims);
  }
  HttpReply open(const std::string& token) {
    return http(server->mcp(), "POST", "/mcp", k_json + "Authorization: Bearer " + token + "\r\n", k_open);
  }

  AuthClock clock;
  Issuer issuer;
  std::optional<TestServer> server;
};

}  // namespace

TEST_CASE("with an issuer, every refusal points to the metadata, and that is open", "[serve][auth][oauth]") {
  ServerWithIssuer fixture;
  const std::uint16_t port = fixture.server->mcp();
  for (const char* const verb : {"POST", "GET", "DELETE", "HEAD", "OPTIONS"}) {
    INFO(verb);
    const HttpReply without = http(port, verb, "/mcp", k_json + "Accept: text/event-stream\r\n");
    CHECK(without.status == 401);
    CHECK(without.header("www-authenticate") ==
          "Bearer scope=\"exai:viewer exai:operator\", resource_metadata=\"" + k_metadata_url + "\"");
    const HttpReply wrong = http(port, verb, "/mcp", "Authorization: Bearer nonsense\r\n");
    CHECK(wrong.status == 401);
    CHECK(wrong.header("www-authenticate").find("error=\"invalid_token\", scope=") != std::string::npos);
  }
  CHECK(http(port, "GET", "/metrics", "").header("www-authenticate").find("scope=\"exai:viewer\"") !=
        std::string::npos);
  for (const char* const path :
       {"/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"}) {
    const HttpReply found = http(port, "GET", path, "");
    CHECK(found.status == 200);
    CHECK(found.header("content-type") == "application/json");
    const Result<Json> document = parse_json(found.body);
    REQUIRE(document);
    CHECK((*document)["resource"] == k_resource);
    CHECK((*document)["authorization_servers"] == Json::array({fixture.issuer.url()}));
    CHECK((*document)["bearer_methods_supported"] == Json::array({"header"}));
    CHECK((*document)["scopes_supported"] == Json::array({"exai:viewer", "exai:operator", "exai:admin"}));
    CHECK(http(port, "HEAD", path, "").status == 200);
    CHECK(http(port, "HEAD", path, "").body.empty());
    CHECK(http(port, "POST", path, "").status == 405);
    CHECK(http(port, "GET", path, "Host: evil.example\r\n").status == 403);
  }
  for (const char* const path :
       {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
        "/.well-known/oauth-protected-resource/other"})
    CHECK(http(port, "GET", path, "").status == 404);
  CHECK(fixture.issuer.asked("/keys") == 0);  // nothing of this asked the issuer
}

TEST_CASE("a token grants access, and API keys work beside it", "[serve][auth][oauth]") {
  ServerWithIssuer fixture(Settings{{"auth.api_keys", "plain-0123456789ab"}});
  const SigningKey key("ES256", "k1");
  fixture.issuer.publish_keys(key_set(key));
  const HttpReply opened = fixture.open(key.token(fixture.claims("exai:operator")));
  CHECK(opened.status == 200);
  CHECK(opened.header("mcp-session-id").size() >= 32);
  CHECK(fixture.issuer.asked("/keys") == 1);
  CHECK(http(fixture.server->mcp(), "GET", "/status",
             "Authorization: Bearer " + key.token(fixture.claims("viewer")) + "\r\n")
            .status == 200);
  CHECK(http(fixture.server->mcp(), "GET", "/status", "x-api-key: plain-0123456789ab\r\n").status == 200);
  // A token is a bearer token and nothing else, and never stands in the query.
  const std::string token = key.token(fixture.claims("exai:admin"));
  CHECK(http(fixture.server->mcp(), "GET", "/status", "x-api-key: " + token + "\r\n").status == 401);
  CHECK(http(fixture.server->mcp(), "GET", "/status?access_token=" + token, "").status == 401);
  const HttpReply other = fixture.open(key.token(fixture.claims("exai:admin", "http://127.0.0.1:9/mcp")));
  CHECK(other.status == 401);
  CHECK(other.body.find("audience") != std::string::npos);
  const HttpReply scopeless = fixture.open(key.token(fixture.claims("")));
  CHECK(scopeless.status == 403);
  CHECK(scopeless.header("www-authenticate") ==
        "Bearer error=\"insufficient_scope\", scope=\"exai:viewer\", resource_metadata=\"" + k_metadata_url +
            "\"");
  CHECK(fixture.issuer.asked("/keys") == 1);
  // The session belongs to the token's subject, not to the key of another.
  const std::string session = "Mcp-Session-Id: " + opened.header("mcp-session-id") + "\r\n";
  CHECK(http(fixture.server->mcp(), "DELETE", "/mcp", session + "x-api-key: plain-0123456789ab\r\n").status ==
        404);
  fixture.clock.advance(std::chrono::hours(2));
  CHECK(http(fixture.server->mcp(), "GET", "/status", "Authorization: Bearer " + token + "\r\n").status ==
        401);
}

TEST_CASE("a new key id has the set fetched again, whatever forged ids came before", "[serve][auth][oauth]") {
  ServerWithIssuer fixture;
  const SigningKey first("RS256", "k1"), second("EdDSA", "k2"), forged("EdDSA", "k3");
  fixture.issuer.publish_keys(key_set(first));
  CHECK(fixture.open(first.token(fixture.claims("viewer"))).status == 200);
  fixture.issuer.publish_keys(key_set(first, second));
  const std::string rotated = second.token(fixture.claims("viewer"));
  CHECK(fixture.open(rotated).status == 200);
  CHECK(fixture.issuer.asked("/keys") == 2);
  CHECK(fixture.open(first.token(fixture.claims("viewer"))).status == 200);
  // Made-up ones are looked for once, those that come together in one fetch.
  const Steady began = system_clock().steady();
  CHECK(fixture.open(forged.token(fixture.claims("viewer"))).status == 401);
  CHECK(fixture.issuer.asked("/keys") == 3);
  CHECK(system_clock().steady() - began >= Millis{1000});  // the pause since the last one
  for (int i = 0; i < 5; ++i) CHECK(fixture.open(forged.token(fixture.claims("viewer"))).status == 401);
  CHECK(fixture.issuer.asked("/keys") == 3);
  // A right one that is new is found all the same.
  const SigningKey third("EdDSA", "k4");
  fixture.issuer.publish_keys(key_set(first, third));
  CHECK(fixture.open(third.token(fixture.claims("viewer"))).status == 200);
  CHECK(fixture.issuer.asked("/keys") == 4);
  // What was made up may exist later.
  fixture.issuer.publish_keys(key_set(first, forged));
  fixture.clock.advance(std::chrono::seconds(31));
  CHECK(fixture.open(forged.token(fixture.claims("viewer"))).status == 200);
}

TEST_CASE("known keys are valid while the issuer is away; without any, 503", "[serve][auth][oauth]") {
  ServerWithIssuer fixture;
  const SigningKey key("ES256", "k1");
  const HttpReply early = fixture.open(key.token(fixture.claims("viewer")));
  CHECK(early.status == 503);
  CHECK(early.header("retry-after") == "30");
  fixture.issuer.publish_keys(key_set(key));
  CHECK(fixture.open(key.token(fixture.claims("viewer"))).status == 503);
  fixture.clock.advance(std::chrono::seconds(31));
  CHECK(fixture.open(key.token(fixture.claims("viewer"))).status == 200);
  fixture.issuer.publish("/keys", "broken", 500);
  fixture.clock.advance(std::chrono::hours(2));  // the set is old: renewed beside the request
  CHECK(fixture.open(key.token(fixture.claims("viewer"))).status == 200);
  CHECK(fixture.issuer.wait_asked("/keys", 2));
  fixture.clock.advance(std::chrono::seconds(31));
  // The fetch before may still be under way: the next one begins with the first request after it.
  for (int tries = 0; tries < 1000 && fixture.issuer.asked("/keys") < 3; ++tries)
    REQUIRE(fixture.open(key.token(fixture.claims("viewer"))).status == 200);
  CHECK(fixture.issuer.asked("/keys") == 3);
}

TEST_CASE("concurrent requests wait for one fetch, and their bodies with them", "[serve][auth][oauth]") {
  ServerWithIssuer fixture;
  const SigningKey key("ES256", "k1");
  fixture.issuer.publish_keys(key_set(key));
  fixture.issuer.hold();
  const std::string token = key.token(fixture.claims("viewer"));
  const std::string request = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + k_json +
                              "Authorization: Bearer " + token +
                              "\r\nContent-Length: " + std::to_string(k_open.size()) + "\r\n\r\n" + k_open;
  TcpClient one(fixture.server->mcp()), two(fixture.server->mcp());
  one.send(request);
  REQUIRE(fixture.issuer.wait_asked("/.well-known/oauth-authorization-server", 1));
  two.send(request);
  {
    TcpClient lost(fixture.server->mcp());
    lost.send(request);
  }
  // The loop is free meanwhile.
  CHECK(http(fixture.server->mcp(), "GET", "/ready", "").status == 200);
  fixture.issuer.release();
  CHECK(one.all().find("Mcp-Session-Id") != std::string::npos);
  CHECK(two.all().find("Mcp-Session-Id") != std::string::npos);
  CHECK(fixture.issuer.asked("/keys") == 1);
}

TEST_CASE("the key set is found by the issuer's metadata, and only a valid one is used",
          "[serve][auth][oauth]") {
  Issuer issuer;
  const SigningKey key("ES256", "k1");
  const OAuthSettings settings{issuer.url() + "/tenant", k_resource, "", Millis{0}};
  const auto fetched = [&] {
    return fetch_issuer_keys(settings, Deadline::after(Millis{5000}), io::http_exchange);
  };
  CHECK(fetched().error().kind == ErrorKind::unreachable);
  CHECK(issuer.asked("/.well-known/oauth-authorization-server/tenant") == 1);
  CHECK(issuer.asked("/.well-known/openid-configuration/tenant") == 1);
  CHECK(issuer.asked("/tenant/.well-known/openid-configuration") == 1);
  const std::string last = "/tenant/.well-known/openid-configuration";
  issuer.publish(last, dump_json({{"issuer", issuer.url()}, {"jwks_uri", issuer.url() + "/keys"}}));
  CHECK(fetched().error().message.find("is not the metadata of") != std::string::npos);
  issuer.publish(last, dump_json({{"issuer", settings.issuer}, {"jwks_uri", "http://keys.example/keys"}}));
  CHECK(fetched().error().message.find("jwks_uri") != std::string::npos);
  issuer.publish(last, dump_json({{"issuer", settings.issuer}, {"jwks_uri", issuer.url() + "/keys"}}));
  issuer.publish("/keys", key_set(key), 200, "Cache-Control: public, max-age=600\r\n");
  REQUIRE(fetched());
  CHECK(fetched()->keys.size() == 1);
  CHECK(fetched()->lifetime == std::chrono::minutes(10));
  issuer.publish("/keys", "", 302, "Location: " + issuer.url() + "/elsewhere\r\n");
  CHECK_FALSE(fetched());
  CHECK(issuer.asked("/elsewhere") == 0);
  issuer.publish("/keys", "{\"keys\":[],\"x\":\"" + std::string(300 * 1024, 'x') + "\"}");
  CHECK(fetched().error().message.find("larger") != std::string::npos);
  CHECK(key_set_lifetime("") == std::chrono::hours(1));
  CHECK(key_set_lifetime("no-cache") == std::chrono::hours(1));
  CHECK(key_set_lifetime("max-age=1") == std::chrono::minutes(5));
  CHECK(key_set_lifetime("public, Max-Age=7200") == std::chrono::hours(2));
  CHECK(key_set_lifetime("max-age=99999999999999999999999") == std::chrono::hours(24));
}
