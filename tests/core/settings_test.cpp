// Every row of the table of settings, taken through what people write: each text is either refused or has one
// meaning, and never becomes the default in silence.
#include "core/config.hpp"
#include "core/text.hpp"
#include "tests/catch.hpp"

#include <fmt/core.h>

using namespace exai;

namespace {

struct Read {
  Config config = Config::defaults();
  std::vector<Finding> findings;
};

Read read(const Setting& setting, const std::string& text) {
  Read out;
  out.config = Config::build(
      {{OriginKind::env_file, ".env", {{std::string(setting.canonical_env()), text, 1}}}}, out.findings);
  return out;
}

bool unusable(const Setting& setting, const std::string& text) {
  const Read out = read(setting, text);
  const bool failing = std::any_of(out.findings.begin(), out.findings.end(), [&](const Finding& finding) {
    return finding.severity == Status::fail && finding.setting == setting.key && !finding.hint.empty();
  });
  bool thrown = false;
  try {
    (void)out.config.text(setting.key);
  } catch (const UnusableSetting&) {
    thrown = true;
  }
  CHECK(failing == thrown);
  return failing && thrown;
}

/// A text that no value of the type has.
std::string nonsense(const Setting& setting) {
  switch (setting.type) {
    case SettingType::text:
    case SettingType::path:
    case SettingType::list:
      return "\xE2\x80\x8Bx";  // zero width: looks like x
    default:
      return "~ no such value ~";
  }
}

/// A text that the row takes and that is not its default.
std::string sample(const Setting& setting) {
  if (!setting.default_value.empty() && setting.form != Form::http_url)
    return std::string(setting.default_value);
  switch (setting.form) {
    case Form::usd:
      return "2.50";
    case Form::drive_mappings:
      return "C:/app";
    case Form::host_patterns:
      return "mcp.example.com";
    case Form::http_url:
      return "https://host.example/v1";
    case Form::redis_url:
      return "redis://host.example:6379/1";
    case Form::postgres_url:
      return "postgresql://user@host.example/exai";
    default:
      break;
  }
  if (setting.type == SettingType::duration) return "450s";
  return "0123456789abcdef0123456789abcdef";
}

}  // namespace

TEST_CASE("every setting refuses nonsense and says what it expects", "[core][config][settings]") {
  for (const Setting& setting : settings()) {
    INFO(setting.key);
    CHECK(unusable(setting, nonsense(setting)));
    CHECK(unusable(setting, "\"" + sample(setting) + "\""));  // docker keeps the quotes
    CHECK(unusable(setting, sample(setting) + "\xC2\xA0"));
    CHECK(unusable(setting, sample(setting) + std::string("\0", 1)));
    CHECK(unusable(setting, "\xEF\xBB\xBF" + sample(setting)));
  }
}

TEST_CASE("every setting takes a sample, whatever blanks surround it, and keeps one spelling of it",
          "[core][config][settings]") {
  for (const Setting& setting : settings()) {
    INFO(setting.key);
    const std::string plain = sample(setting);
    const Read once = read(setting, plain);
    CHECK(once.findings.empty());
    REQUIRE_FALSE(once.config.peek(setting.key).unusable);
    const std::string canonical = once.config.text(setting.key);
    CHECK(once.config.is_set(setting.key));
    for (const std::string& other : {" " + plain, plain + "  ", "\t" + plain + "\t"}) {
      const Read again = read(setting, other);
      CHECK(again.findings.empty());
      CHECK(again.config.text(setting.key) == canonical);
    }
    // The canonical spelling is a fixed point.
    CHECK(read(setting, canonical).config.text(setting.key) == canonical);
  }
}

TEST_CASE("an empty value leaves every setting as it is", "[core][config][settings]") {
  for (const Setting& setting : settings())
    for (const char* const text : {"", " ", "\t"}) {
      INFO(setting.key);
      const Read out = read(setting, text);
      CHECK(out.findings.empty());
      CHECK_FALSE(out.config.is_set(setting.key));
    }
}

TEST_CASE("choices and yes or no are one word whatever their case", "[core][config][settings]") {
  for (const Setting& setting : settings()) {
    INFO(setting.key);
    std::vector<std::string> words = split(setting.choices, '|');
    if (setting.type == SettingType::boolean) words = {"true", "false"};
    for (const std::string& word : words) {
      std::string upper = word;
      for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      CHECK(read(setting, upper).config.text(setting.key) == word);
      CHECK(read(setting, to_lower(word)).config.text(setting.key) == word);
      CHECK(unusable(setting, word + "x"));
    }
  }
}

TEST_CASE("a list of separators alone names nothing and is refused", "[core][config][settings]") {
  for (const Setting& setting : settings()) {
    if (setting.type != SettingType::list) continue;
    INFO(setting.key);
    CHECK(unusable(setting, ","));
    CHECK(unusable(setting, " , ,, "));
  }
}

TEST_CASE("a range holds at both its ends, and no further", "[core][config][settings]") {
  for (const Setting& setting : settings()) {
    if (setting.type != SettingType::integer) continue;
    INFO(setting.key);
    for (const auto& [end, step] : {std::pair{setting.min, -1LL}, std::pair{setting.max, 1LL}}) {
      if (end.empty()) continue;
      CHECK_FALSE(unusable(setting, std::string(end)));
      CHECK(unusable(setting, fmt::format("{}", std::stoll(std::string(end)) + step)));
    }
  }
}

TEST_CASE("a weaker source never answers for a value that cannot be used", "[core][config][settings]") {
  std::vector<Finding> findings;
  const ConfigLayer good{OriginKind::env_file, ".env", {{"MCP_PORT", "9000", 1}}};
  const ConfigLayer bad{OriginKind::environment, "", {{"MCP_PORT", "abc", 0}}};
  Config config = Config::build({good, bad}, findings);
  CHECK_THROWS_AS(config.port("http.port"), UnusableSetting);
  config.settle();
  CHECK(config.port("http.port") == 9000);
  // The other way round, the stronger one is good: nothing rests on the bad one, which is reported all the
  // same.
  findings.clear();
  const Config other = Config::build({{OriginKind::env_file, ".env", {{"MCP_PORT", "abc", 1}}},
                                      {OriginKind::environment, "", {{"MCP_PORT", "9000", 0}}}},
                                     findings);
  CHECK(other.port("http.port") == 9000);
  CHECK(findings.size() == 1);
}

TEST_CASE("secrets that are refused are still known to the redactor", "[core][config][settings]") {
  std::vector<Finding> findings;
  const std::string key = "sk-canary-with blank";
  const Config config = Config::build({{OriginKind::env_file, ".env", {{"GLM_API_KEY", key, 1}}}}, findings);
  const std::vector<Secret> secrets = config.secrets();
  CHECK(
      std::any_of(secrets.begin(), secrets.end(), [&](const Secret& secret) { return secret.matches(key); }));
  for (const Finding& finding : findings) {
    CHECK(finding.message.find("canary") == std::string::npos);
    CHECK(finding.hint.find("canary") == std::string::npos);
  }
}
