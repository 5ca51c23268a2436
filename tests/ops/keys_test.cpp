#include "core/utc.hpp"
#include "io/yaml.hpp"
#include "ops/keys/keys_file.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

using namespace exai;
using namespace exai::ops;
using namespace exai::tests;

namespace {

Error broken(const std::string& text) {
  const Result<Node> document = io::parse_yaml(text, "keys.yaml");
  REQUIRE(document);
  const auto keys = keys_of(*document);
  REQUIRE_FALSE(keys);
  CHECK(keys.error().kind == ErrorKind::config);
  CHECK_FALSE(keys.error().hint.empty());
  REQUIRE(keys.error().where);
  return keys.error();
}

std::string entry(const std::string& name, const std::string& key, const std::string& rest = {}) {
  return "- name: " + name + "\n  sha256: " + sha256_hex(key) + "\n  scope: operator\n" + rest;
}

}  // namespace

TEST_CASE("a keys file survives being written and read", "[ops][keys]") {
  std::vector<NamedKey> keys{
      {"laptop-1", sha256("one"), Scope::viewer, parse_utc("2027-01-31"), std::nullopt},
      {"ci.2", sha256("two"), Scope::admin, std::nullopt, parse_utc("2026-01-31T01:02:03Z")}};
  const auto again = keys_of(*io::parse_yaml(keys_text(keys), "keys.yaml"));
  REQUIRE(again);
  REQUIRE(again->size() == 2);
  CHECK((*again)[0].name == "laptop-1");
  CHECK((*again)[0].scope == Scope::viewer);
  CHECK((*again)[0].expires == keys[0].expires);
  CHECK_FALSE((*again)[0].created);
  CHECK((*again)[1].digest == sha256("two"));
  CHECK((*again)[1].created == keys[1].created);
  CHECK(keys_of(*io::parse_yaml(keys_text({}), "keys.yaml"))->empty());
  CHECK(keys_of(*io::parse_yaml("# nothing\n", "keys.yaml"))->empty());
}

TEST_CASE("a broken keys file says where", "[ops][keys]") {
  const std::string good = entry("laptop", "one");
  CHECK(broken("keys: 1\n").message.find("list") != std::string::npos);
  CHECK(broken(good + "- text\n").where->line == 4);
  CHECK(broken(good + entry("laptop", "two")).message.find("\"laptop\"") != std::string::npos);
  CHECK(broken(good + entry("other", "one")).message.find("one key") != std::string::npos);
  const Error unknown = broken(good + entry("other", "two", "  expiry: 2027-01-31\n"));
  CHECK(unknown.where->line == 7);
  CHECK(unknown.message.find("expiry") != std::string::npos);
  CHECK(broken(entry("other", "two", "  expires: tomorrow\n")).where->line == 4);
  CHECK(broken("- name: a\n  sha256: 12\n  scope: admin\n").where->line == 2);
  CHECK(broken("- name: a\n  sha256: " + std::string(64, 'g') + "\n  scope: admin\n").where->line == 2);
  CHECK(broken("- name: a\n  sha256: " + sha256_hex("x") + "\n  scope: root\n").where->line == 3);
  CHECK(broken("- name: a\n  sha256: " + sha256_hex("x") + "\n").message.find("scope") != std::string::npos);
  for (const char* const name : {"local", "daemon", "key:1a2b3c4d", "a@b", "\"\"", "-x", "\"a b\""}) {
    INFO(name);
    CHECK(broken(entry(name, "one")).where->line == 1);
  }
}

TEST_CASE("a keys file that others can read is a warning, and strictly an error", "[ops][keys]") {
  const Scratch folder;
  const auto path = folder.write("keys.yaml", entry("laptop", "one"));
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  const auto file = read_keys_file(path, false);
  REQUIRE(file);
  CHECK(file->keys.size() == 1);
  CHECK(file->warning.find("0640") != std::string::npos);
  CHECK(file->warning.find("chmod 600") != std::string::npos);
  const auto refused = read_keys_file(path, true);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::config);
  CHECK(refused.error().hint.find("chmod 600") != std::string::npos);
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  CHECK(read_keys_file(path, true)->warning.empty());
  const auto missing = read_keys_file(folder / "none.yaml", false);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::config);
  CHECK(missing.error().message.find("none.yaml") != std::string::npos);
}
