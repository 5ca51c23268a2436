#include "serve/auth/jwt.hpp"

#include "core/base64.hpp"
#include "serve/auth/oauth.hpp"
#include "tests/catch.hpp"
#include "tests/serve/auth/token_maker.hpp"
#include "tests/serve/test_server.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

using namespace exai;
using namespace exai::engine;
using namespace exai::serve::auth;
using namespace exai::tests;

namespace {

const Wall k_now = Wall(std::chrono::seconds(1'800'000'000));
const JwtExpectation k_expected{"https://issuer.example", "https://mcp.example/mcp", Millis{60000}};

JwkSet set_of(const std::string& text) {
  const Result<JwkSet> set = JwkSet::parse(text);
  if (!set) FAIL(set.error().message);
  return *set;
}

Json good_claims() {
  return {{"iss", "https://issuer.example"},
          {"aud", "https://mcp.example/mcp"},
          {"sub", "alice"},
          {"exp", 1'800'000'300},
          {"nbf", 1'799'999'000},
          {"scope", "openid exai:operator"}};
}

/// "" when accepted, else the number of the fault.
std::optional<JwtFault> fault_of(const std::string& token, const JwkSet& keys) {
  const auto claims = verify_jwt(token, keys, k_expected, k_now);
  return claims ? std::nullopt : std::optional(claims.error().fault);
}

std::string hmac_token(const std::string& header, const std::string& claims, const std::string& secret) {
  const std::string text = base64url(header) + "." + base64url(claims);
  std::string mac(32, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &size);
  return text + "." + base64url(mac);
}

}  // namespace

TEST_CASE("base64url has one encoding only", "[serve][auth][jwt]") {
  CHECK(read_base64url("") == "");
  CHECK(read_base64url("AA") == std::string(1, '\0'));
  CHECK(read_base64url("_-8") == std::string("\xff\xef"));
  for (const char* const wrong : {"A", "AA==", "A+A", "A/A", "AB", "AAB", " AA", "AA\n", "AAAAA"}) {
    INFO(wrong);
    CHECK_FALSE(read_base64url(wrong));
  }
}

TEST_CASE("a token of each algorithm is accepted, and not with a bit changed", "[serve][auth][jwt]") {
  for (const char* const algorithm : {"RS256", "ES256", "EdDSA"}) {
    INFO(algorithm);
    const SigningKey key(algorithm, "k1"), other(algorithm, "k1");
    const JwkSet keys = set_of(key_set(key));
    const std::string token = key.token(dump_json(good_claims()));
    const auto claims = verify_jwt(token, keys, k_expected, k_now);
    REQUIRE(claims);
    CHECK(claims->subject == "alice");
    CHECK(claims->scopes == std::vector<std::string>{"openid", "exai:operator"});
    CHECK(claims->expires == Wall(std::chrono::seconds(1'800'000'300)));
    CHECK(fault_of(other.token(dump_json(good_claims())), keys) == JwtFault::signature);
    Json other_claims = good_claims();
    other_claims["sub"] = "mallory";
    const std::string payload = base64url(dump_json(other_claims));
    const std::size_t first = token.find('.'), last = token.rfind('.');
    CHECK(fault_of(token.substr(0, first + 1) + payload + token.substr(last), keys) == JwtFault::signature);
    CHECK(fault_of(token.substr(0, last + 1), keys) == JwtFault::signature);
    CHECK(fault_of(token.substr(0, token.size() - 8), keys) == JwtFault::signature);
    CHECK(fault_of(token.substr(0, last + 1) + std::string(86, 'A'), keys) == JwtFault::signature);
    CHECK(fault_of(token + "=", keys) == JwtFault::signature);
    CHECK(fault_of(token + ".x", keys) == JwtFault::malformed);
  }
}

TEST_CASE("each claim must be right", "[serve][auth][jwt]") {
  const SigningKey key("ES256", "k1");
  const JwkSet keys = set_of(key_set(key));
  const auto fault = [&](const char* name, const Json& value) {
    Json claims = good_claims();
    if (value.is_discarded())
      claims.erase(name);
    else
      claims[name] = value;
    return fault_of(key.token(dump_json(claims)), keys);
  };
  const Json absent = Json(Json::value_t::discarded);
  CHECK(fault("iss", "https://issuer.example/") == JwtFault::issuer);
  CHECK(fault("iss", absent) == JwtFault::issuer);
  CHECK(fault("iss", Json::array({"https://issuer.example"})) == JwtFault::issuer);
  CHECK(fault("aud", "https://mcp.example/mcp/") == JwtFault::audience);
  CHECK(fault("aud", Json::array({"https://other.example"})) == JwtFault::audience);
  CHECK(fault("aud", Json::array({"https://other.example", "https://mcp.example/mcp"})) == std::nullopt);
  CHECK(fault("aud", absent) == JwtFault::audience);
  CHECK(fault("exp", absent) == JwtFault::expired);
  CHECK(fault("exp", "1800000300") == JwtFault::expired);
  CHECK(fault("exp", 1'799'999'940) == JwtFault::expired);
  CHECK(fault("exp", 1'799'999'941) == std::nullopt);  // within the leeway
  CHECK(fault("exp", 1'800'000'000.5) == std::nullopt);
  CHECK(fault("exp", -5) == JwtFault::expired);
  CHECK(fault("exp", 1e300) == std::nullopt);
  CHECK(fault("nbf", 1'800'000'061) == JwtFault::early);
  CHECK(fault("nbf", 1'800'000'060) == std::nullopt);
  CHECK(fault("nbf", "soon") == JwtFault::early);
  CHECK(fault("nbf", absent) == std::nullopt);
  CHECK(fault("sub", absent) == JwtFault::subject);
  CHECK(fault("sub", "") == JwtFault::subject);
  CHECK(fault("sub", "a\nb") == JwtFault::subject);
  CHECK(fault("sub", std::string(201, 'a')) == JwtFault::subject);
  CHECK(fault_of(key.token("[1]"), keys) == JwtFault::malformed);
  CHECK(fault_of(key.token("{"), keys) == JwtFault::malformed);
}

TEST_CASE("the header chooses neither the algorithm nor a key of another type", "[serve][auth][jwt]") {
  const SigningKey rsa("RS256", "r"), ec("ES256", "e"), ed("EdDSA", "d");
  const JwkSet keys = set_of(key_set(rsa, ec, ed));
  const std::string claims = dump_json(good_claims());
  const std::string none = base64url(R"({"alg":"none"})") + "." + base64url(claims) + ".";
  CHECK(fault_of(none, keys) == JwtFault::algorithm);
  for (const char* const algorithm : {"None", "NONE", "HS256", "RS384", "PS256", "ES384", "rs256", ""})
    CHECK(fault_of(rsa.token(std::string(R"({"kid":"r","alg":")") + algorithm + "\"}", claims), keys) ==
          JwtFault::algorithm);
  CHECK(fault_of(rsa.token(R"({"kid":"r"})", claims), keys) == JwtFault::algorithm);
  CHECK(fault_of(rsa.token(R"({"kid":"r","alg":["RS256"]})", claims), keys) == JwtFault::algorithm);
  // The classic: an HMAC whose secret is the public key.
  CHECK(fault_of(hmac_token(R"({"alg":"HS256","kid":"r"})", claims, rsa.jwk()), keys) == JwtFault::algorithm);
  CHECK(fault_of(hmac_token(R"({"alg":"RS256","kid":"r"})", claims, rsa.jwk()), keys) == JwtFault::signature);
  // A key is used for its own algorithm only, whatever the header says.
  CHECK(fault_of(ec.token(R"({"alg":"ES256","kid":"r"})", claims), keys) == JwtFault::algorithm);
  CHECK(fault_of(rsa.token(R"({"alg":"ES256","kid":"e"})", claims), keys) == JwtFault::signature);
  CHECK(fault_of(ed.token(R"({"alg":"EdDSA","kid":"e"})", claims), keys) == JwtFault::algorithm);
  // A key that the token itself brings or points to counts for nothing.
  const SigningKey own("ES256", "own");
  CHECK(fault_of(own.token(R"({"alg":"ES256","kid":"own","jwk":)" + own.jwk() + "}", claims), keys) ==
        JwtFault::unknown_key);
  CHECK(fault_of(ec.token(R"({"alg":"ES256","kid":"e","crit":["exp"],"exp":1})", claims), keys) ==
        JwtFault::malformed);
  CHECK(fault_of(ec.token(R"({"alg":"ES256","kid":"e","crit":[]})", claims), keys) == JwtFault::malformed);
  CHECK(fault_of(ec.token(R"({"alg":"ES256","kid":7})", claims), keys) == JwtFault::malformed);
  CHECK(fault_of(ec.token(R"({"alg":"ES256","kid":"e","typ":"JWT"})", claims), keys) == std::nullopt);
  CHECK(fault_of(ec.token(R"({"alg":"ES256","kid":"e","typ":"application/at+jwt"})", claims), keys) ==
        std::nullopt);
  CHECK(fault_of(ec.token(R"({"alg":"ES256","kid":"e","typ":"dpop+jwt"})", claims), keys) ==
        JwtFault::malformed);
  // Without a kid, only where one key can be meant.
  CHECK(fault_of(ec.token(R"({"alg":"ES256"})", claims), keys) == std::nullopt);
  CHECK(fault_of(ec.token(R"({"alg":"ES256"})", claims), set_of(key_set(ec, SigningKey("ES256", "e2")))) ==
        JwtFault::malformed);
  CHECK(fault_of(ec.token(R"({"alg":"ES256","kid":"gone"})", claims), keys) == JwtFault::unknown_key);
  CHECK(fault_of("a.b.c", keys) == JwtFault::malformed);
  CHECK(fault_of(std::string(20000, 'a') + ".b.c", keys) == JwtFault::malformed);
  CHECK(looks_like_jwt(none));
  CHECK_FALSE(looks_like_jwt("a.b.c"));
  CHECK_FALSE(looks_like_jwt("exai_0123456789abcdef"));
}

TEST_CASE("a key set gives the keys that are for signatures and strong enough", "[serve][auth][jwt]") {
  const SigningKey ec("ES256", "e"), small("RS256", "s", 1024);
  CHECK_FALSE(JwkSet::parse("[]"));
  CHECK_FALSE(JwkSet::parse("{\"keys\":{}}"));
  CHECK_FALSE(JwkSet::parse("{\"keys\":[]}"));
  CHECK_FALSE(JwkSet::parse(key_set(small)));
  CHECK(set_of(key_set(ec, small)).size() == 1);
  const auto edited = [&](const char* name, const Json& value) {
    Json jwk = *parse_json(ec.jwk());
    jwk[name] = value;
    return Jwk::from(jwk).has_value();
  };
  CHECK(edited("key_ops", Json::array({"verify"})));
  CHECK_FALSE(edited("key_ops", Json::array({"sign"})));
  CHECK_FALSE(edited("use", "enc"));
  CHECK_FALSE(edited("alg", "ES384"));
  CHECK_FALSE(edited("crv", "P-384"));
  CHECK_FALSE(edited("kty", "oct"));
  CHECK_FALSE(edited("x", base64url(std::string(32, 'x'))));  // not on the curve
  CHECK_FALSE(edited("x", base64url(std::string(31, 'x'))));
  CHECK_FALSE(edited("y", "!"));
  CHECK_FALSE(Jwk::from(Json("text")));
  const Json even = {{"kty", "RSA"}, {"n", base64url(std::string(256, '\xfe'))}, {"e", "AQAB"}};
  CHECK_FALSE(Jwk::from(even));
  std::string many;
  for (int i = 0; i < 120; ++i) many += (many.empty() ? "" : ",") + ec.jwk();
  CHECK(set_of("{\"keys\":[" + many + "]}").size() == k_max_jwks);
}

TEST_CASE("a token grants its highest scope, or waits for newer keys", "[serve][auth][oauth]") {
  using Kind = TokenVerdict::Kind;
  const SigningKey key("EdDSA", "k1"), newer("EdDSA", "k2");
  const JwkSet keys = set_of(key_set(key)), none;
  const OAuthSettings settings{"https://issuer.example", "https://mcp.example/mcp", "", Millis{60000}};
  const std::string token = key.token(dump_json(good_claims()));
  const TokenVerdict allowed = judge_token(token, settings, {keys, true, false}, k_now);
  CHECK(allowed.kind == Kind::allowed);
  CHECK(allowed.principal.name == "alice@issuer.example");
  CHECK(allowed.principal.scope == Scope::operator_);
  Json claims = good_claims();
  claims.erase("scope");
  CHECK(judge_token(key.token(dump_json(claims)), settings, {keys, true, true}, k_now).kind ==
        Kind::no_scope);
  claims["scp"] = Json::array({"viewer", "exai:admin", "root"});
  CHECK(judge_token(key.token(dump_json(claims)), settings, {keys, true, true}, k_now).principal.scope ==
        Scope::admin);
  const std::string unseen = newer.token(dump_json(good_claims()));
  CHECK(judge_token(unseen, settings, {keys, true, true}, k_now).kind == Kind::needs_keys);
  CHECK(judge_token(unseen, settings, {keys, true, false}, k_now).kind == Kind::refused);
  CHECK(judge_token(unseen, settings, {none, false, true}, k_now).kind == Kind::needs_keys);
  CHECK(judge_token(unseen, settings, {none, false, false}, k_now).kind == Kind::no_keys_yet);
  // What newer keys cannot mend asks nobody.
  CHECK(judge_token("a.b.c", settings, {none, false, true}, k_now).kind == Kind::refused);
  CHECK_FALSE(highest_scope({}));
  CHECK_FALSE(highest_scope({"exai:", "Viewer", "exai:exai:viewer"}));
}

TEST_CASE("OAuth settings name an https issuer and our own address", "[serve][auth][oauth]") {
  const auto read = [](const Settings& settings) { return oauth_settings(config_of(settings)); };
  const RawSetting issuer{"auth.oauth.issuer", "https://issuer.example/tenant"},
      resource{"auth.oauth.resource", "https://mcp.example/mcp"};
  CHECK_FALSE(read({})->has_value());
  REQUIRE(read({issuer, resource}));
  CHECK(metadata_url(**read({issuer, resource})) ==
        "https://mcp.example/.well-known/oauth-protected-resource/mcp");
  CHECK(discovery_urls("https://issuer.example") ==
        std::vector<std::string>{"https://issuer.example/.well-known/oauth-authorization-server",
                                 "https://issuer.example/.well-known/openid-configuration"});
  CHECK(discovery_urls("https://issuer.example/t/") ==
        std::vector<std::string>{"https://issuer.example/.well-known/oauth-authorization-server/t",
                                 "https://issuer.example/.well-known/openid-configuration/t",
                                 "https://issuer.example/t/.well-known/openid-configuration"});
  for (const Settings& wrong :
       {Settings{issuer}, Settings{resource},
        Settings{{"auth.oauth.jwks_url", "https://issuer.example/keys"}},
        Settings{{"auth.oauth.issuer", "http://issuer.example"}, resource},
        Settings{{"auth.oauth.issuer", "https://issuer.example?a=b"}, resource},
        Settings{issuer, {"auth.oauth.resource", "https://mcp.example/mcp/"}},
        Settings{issuer, {"auth.oauth.resource", "https://mcp.example"}},
        Settings{issuer, {"auth.oauth.resource", "http://mcp.example/mcp"}},
        Settings{issuer, resource, {"auth.oauth.jwks_url", "http://issuer.example/keys"}}}) {
    const auto refused = read(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::config);
    CHECK_FALSE(refused.error().hint.empty());
  }
  CHECK(read({issuer, resource, {"auth.oauth.jwks_url", "http://127.0.0.1:9/keys?v=1"}}));
}
