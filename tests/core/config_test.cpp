#include "core/config.hpp"

#include "core/dotenv.hpp"
#include "tests/catch.hpp"

#include <fmt/core.h>

using namespace exai;

namespace {

const Finding* find(const std::vector<Finding>& findings, std::string_view rule) {
  for (const Finding& finding : findings)
    if (finding.rule == rule) return &finding;
  return nullptr;
}

struct Built {
  Config config = Config::defaults();
  std::vector<Finding> findings;
};

Built from_env(std::string_view text) {
  Built built;
  const ConfigLayer layer = parse_dotenv(text, ".env", built.findings);
  built.config = Config::build({layer}, built.findings);
  return built;
}

}  // namespace

TEST_CASE("a later layer overrides an earlier one and remembers what it hid", "[core][config]") {
  std::vector<Finding> findings;
  const Config config = Config::build({{OriginKind::file, "exai.yaml", {{"ws.port", "9001", 3}}},
                                       {OriginKind::env_file, ".env", {{"WS_PORT", "9002", 7}}},
                                       {OriginKind::environment, "", {{"EXAI_WS_PORT", "9003", 0}}},
                                       {OriginKind::flag, "", {{"ws.port", "9004", 0}}}},
                                      findings);
  CHECK(findings.empty());
  CHECK(config.port("ws.port") == 9004);
  const ConfigValue& value = config.value("ws.port");
  CHECK(value.origin.kind == OriginKind::flag);
  REQUIRE(value.overrode.size() == 4);
  CHECK(value.overrode[0].second == "9003");
  CHECK(to_string(value.overrode[1].first) == ".env:7 WS_PORT");
  CHECK(to_string(value.overrode[3].first) == "default");
}

TEST_CASE("a value that breaks a rule is reported with file, line and the way out", "[core][config]") {
  struct Row {
    const char* text;
    const char* rule;
    const char* message_part;
    const char* hint_part;
  };
  const Row row = GENERATE(values<Row>({
      {"EXAI_WS_PROT=8079", "settings.unknown", "EXAI_WS_PROT", "EXAI_WS_PORT"},
      {"EXAI_WS_PORT=8o79", "settings.value", "8o79", "port"},
      {"EXAI_WS_PORT=70000", "settings.value", "70000", "65535"},
      {"EXAI_WS_GLOBAL_MAX_INFLIGHT=0", "settings.value", "out of range", "1 to 10000"},
      {"EXAI_WS_COMPAT_TEXT=maybe", "settings.value", "maybe", "true or false"},
      {"LOG_LEVEL=LOUD", "settings.value", "LOUD", "DEBUG"},
      {"GLM_API_URL=api.z.ai", "settings.value", "no scheme", "http://host"},
      {"SIMPLE_TOOL_TIMEOUT_SECS=0.0001", "settings.value", "milliseconds", "1m30s"},
      {"EXAI_WS_MAX_BYTES=12 apples", "settings.value", "apples", "MiB"},
      {"EXAI_WS_TOKEN=short", "settings.value", "5 characters", "16"},
      {"GLM_API_KEY=your_glm_key_here", "settings.placeholder", "GLM_API_KEY", "real value"},
      {"SUPABASE_URL=https://your-project.supabase.co", "settings.placeholder", "SUPABASE_URL", "real value"},
      {"ROUTER_ENABLED=true", "settings.retired", "ROUTER_ENABLED", "remove"},
      {"GLM_API_KEY=k1k1k1k1\nZHIPUAI_API_KEY=k2k2k2k2", "settings.aliases", "ZHIPUAI_API_KEY",
       "GLM_API_KEY"},
      {"WS_PORT=1\nEXAI_WS_PORT=2", "settings.aliases", "disagree", "EXAI_WS_PORT"},
      {"KIMI_API_KEY=\"abc", "env.quote", "not closed", "\""},
      {"KIMI_API_KEY=abcdefgh # mine", "env.inline-comment", "KIMI_API_KEY", "quote"},
      {"LOG_LEVEL=INFO\nLOG_LEVEL=DEBUG", "env.duplicate", "line 1", "keep one"},
      {"LOG_LEVEL=INFO\r\n", "env.crlf", "CRLF", "sed"},
      {"\xEF\xBB\xBFLOG_LEVEL=INFO", "env.bom", "byte order mark", "UTF-8"},
      {"\xFF\xFEL\0O\0", "env.encoding", "UTF-16", "UTF-8"},
      {"LOG_LEVEL", "env.syntax", "=", "NAME=value"},
      {"2FAST=1", "env.name", "2FAST", "digit"},
      {"LOG_LEVEL = INFO", "env.space", "LOG_LEVEL", "NAME=value"},
  }));
  INFO(row.text);
  const Built built = from_env(row.text);
  const Finding* finding = find(built.findings, row.rule);
  REQUIRE(finding != nullptr);
  CHECK(finding->message.find(row.message_part) != std::string::npos);
  CHECK(finding->hint.find(row.hint_part) != std::string::npos);
  REQUIRE(finding->where);
  CHECK(finding->where->file == ".env");
  CHECK(finding->where->line >= 1);
}

TEST_CASE("a value that does not fit is not replaced by the default: whoever reads it gets the error",
          "[core][config]") {
  CHECK_THROWS_AS(from_env("EXAI_WS_PORT=none").config.port("ws.port"), UnusableSetting);
  CHECK_THROWS_AS(from_env("GLM_API_KEY=your_glm_key_here").config.text("glm.api_key"), UnusableSetting);
}

TEST_CASE("aliases that agree are no finding, and the canonical name wins where they do not",
          "[core][config]") {
  CHECK(from_env("WS_PORT=9000\nEXAI_WS_PORT=9000").findings.empty());
  CHECK(from_env("WS_PORT=1\nEXAI_WS_PORT=2").config.port("ws.port") == 2);
  CHECK(from_env("EXAI_WS_PORT=2\nWS_PORT=1").config.port("ws.port") == 2);
}

TEST_CASE("quotes, comments, export and escapes are read as shells and docker agree", "[core][config]") {
  std::vector<Finding> findings;
  const ConfigLayer layer = parse_dotenv(
      "# note\nexport LOG_LEVEL='DEBUG'\n\nTZ=\"Australia/Melbourne\" # home\nDEFAULT_MODEL=glm-4.6#x\n", "f",
      findings);
  CHECK(findings.empty());
  REQUIRE(layer.entries.size() == 3);
  CHECK(layer.entries[0].value == "DEBUG");
  CHECK(layer.entries[1].value == "Australia/Melbourne");
  CHECK(layer.entries[2].value == "glm-4.6#x");
  CHECK(layer.entries[2].line == 5);
}

TEST_CASE("variables of other programs in the process environment are ignored", "[core][config]") {
  std::vector<Finding> findings;
  static_cast<void>(Config::build(
      {{OriginKind::environment, "", {{"PATH", "/bin", 0}, {"EXAI_WS_PROT", "1", 0}}}}, findings));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].hint.find("EXAI_WS_PORT") != std::string::npos);
}

TEST_CASE("a secret is shown by fingerprint only, in every way a config can be shown", "[core][config]") {
  const std::string key = "sk-canary-0123456789abcdef";
  const Built built = from_env("GLM_API_KEY=" + key);
  CHECK(built.config.shown("glm.api_key").find("sha256:") != std::string::npos);
  CHECK(built.config.shown("glm.api_key").find(key) == std::string::npos);
  CHECK(built.config.secret("glm.api_key").matches(key));
  for (const Secret& secret : built.config.secrets())
    CHECK(secret.fingerprint().find("canary") == std::string::npos);
}

TEST_CASE("every default fits its own row, and every name stands once", "[core][config]") {
  std::map<std::string_view, std::string_view> owner;
  for (const Setting& setting : settings()) {
    INFO(setting.key);
    CHECK(check_value(setting, setting.default_value));
    CHECK_FALSE(setting.help.empty());
    CHECK_FALSE(setting.group.empty());
    REQUIRE_FALSE(setting.canonical_env().empty());
    for (const std::string_view name : setting.env) {
      if (name.empty()) continue;
      INFO(name);
      CHECK(owner.emplace(name, setting.key).second);
      CHECK(find_retired(name) == nullptr);
    }
  }
}

TEST_CASE("durations are exact or refused", "[core][duration]") {
  CHECK(parse_duration("67.5s").value() == Millis{67'500});
  CHECK(parse_duration("1m30s").value() == Millis{90'000});
  CHECK(parse_duration("101.25", "s").value() == Millis{101'250});
  CHECK(parse_duration("0.001", "s").value() == Millis{1});
  CHECK(parse_duration("1.5h").value() == Millis{5'400'000});
  for (const char* bad :
       {"", "10", "s", "1.s", "1x", "0.0001s", "-5s", "1e3s", "99999999999999999999s", "1s2"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad));
  }
  CHECK(format_duration(Millis{67'500}) == "67.5s");
  CHECK(format_duration(Millis{90'000}) == "1m30s");
  CHECK(format_duration(Millis{0}) == "0ms");
  CHECK(format_duration(Millis{3'600'000}) == "1h");
  CHECK(format_seconds(Millis{151'875}) == "151.875");
}

TEST_CASE("sizes are read with their units", "[core][config]") {
  CHECK(parse_bytes("10MiB").value() == 10'485'760);
  CHECK(parse_bytes("10 MB").value() == 10'000'000);
  CHECK(parse_bytes("4096").value() == 4096);
  CHECK_FALSE(parse_bytes("10 apples"));
  CHECK_FALSE(parse_bytes("-1"));
}
