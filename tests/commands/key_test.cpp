#include "cli/command.hpp"
#include "core/json.hpp"
#include "io/files.hpp"
#include "io/guard.hpp"
#include "ops/keys/keys_file.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

#include <nlohmann/json.hpp>

using namespace exai;
using namespace exai::tests;

namespace {

/// Runs a command of the registry on a keys file of its own.
struct KeyDesk {
  KeyDesk() { streams.err.file = std::tmpfile(), streams.out.file = std::tmpfile(); }
  KeyDesk(const KeyDesk&) = delete;
  KeyDesk& operator=(const KeyDesk&) = delete;
  KeyDesk(KeyDesk&&) = delete;
  KeyDesk& operator=(KeyDesk&&) = delete;
  ~KeyDesk() {
    io::set_dry_run(false);
    std::fclose(streams.err.file);
    std::fclose(streams.out.file);
  }

  Result<cli::Outcome> run(const std::string& verb, const std::string& name = {},
                           const std::map<std::string, std::string>& options = {}) {
    const cli::Command* command = cli::find_command({"key", verb});
    REQUIRE(command != nullptr);
    cli::Args args;
    args.options["--file"] = {file.string()};
    for (const auto& [option, value] : options) args.options[option] = {value};
    if (!name.empty()) args.positionals["NAME"] = {name};
    io::set_dry_run(globals.dry_run);
    cli::Context context{.config = config,
                         .config_findings = findings,
                         .root = folder.path(),
                         .config_file = {},
                         .env_files = {},
                         .profile = {},
                         .globals = globals,
                         .streams = streams,
                         .clock = system_clock(),
                         .deadline = Deadline::after(Millis{10000}),
                         .stop = {},
                         .reload = {}};
    return command->run(args, context);
  }
  [[nodiscard]] std::vector<ops::NamedKey> keys() const {
    auto read = ops::read_keys_file(file, true);
    if (!read) FAIL(read.error().message);
    return read->keys;
  }
  [[nodiscard]] std::string stderr_text() const {
    std::fflush(streams.err.file);
    std::rewind(streams.err.file);
    std::string text(65536, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), streams.err.file));
    return text;
  }

  Scratch folder;
  std::filesystem::path file = folder / "keys.yaml";
  Config config = Config::defaults();
  std::vector<Finding> findings;
  cli::Globals globals;
  cli::Streams streams;
};

}  // namespace

TEST_CASE("a key is made once, kept as a digest and found again", "[commands][key]") {
  KeyDesk desk;
  const auto made = desk.run("generate", "laptop", {{"--scope", "viewer"}, {"--expires", "90d"}});
  if (!made) FAIL(made.error().message);
  const Result<Json> json = parse_json(made->json);
  REQUIRE(json);
  CHECK((*json)["schema"] == "exai.key/1");
  CHECK((*json)["scope"] == "viewer");
  const auto key = (*json)["key"].get<std::string>();
  CHECK(made->text == key + "\n");
  CHECK(key.size() >= 43);
  const Result<std::string> text = io::read_file(desk.file);
  REQUIRE(text);
  CHECK(text->find(key) == std::string::npos);
  CHECK(text->find(sha256_hex(key)) != std::string::npos);
  CHECK(desk.stderr_text().find(key) == std::string::npos);
  CHECK((io::file_facts(desk.file)->mode & 0777U) == 0600U);
  REQUIRE(desk.keys().size() == 1);
  const ops::NamedKey kept = desk.keys().front();
  CHECK(ops::find_key({kept}, key) != nullptr);
  CHECK(kept.scope == Scope::viewer);
  REQUIRE((kept.expires && kept.created));
  CHECK(*kept.expires - *kept.created == std::chrono::hours(24 * 90));
  const auto second = desk.run("generate", "second", {{"--expires", "never"}});
  REQUIRE(second);
  CHECK(second->text != made->text);
  CHECK(desk.keys().size() == 2);
  CHECK_FALSE(desk.keys()[1].expires);
  CHECK(desk.keys()[1].scope == Scope::operator_);
  const auto listed = desk.run("list");
  REQUIRE(listed);
  REQUIRE(listed->table->rows.size() == 2);
  CHECK(listed->table->rows[0][0] == "laptop");
  CHECK(listed->table->rows[1][3] == "never");
}

TEST_CASE("what cannot be a key is refused, and nothing is written", "[commands][key]") {
  KeyDesk desk;
  const auto refused = [&](const std::string& name, const std::map<std::string, std::string>& options = {}) {
    const auto outcome = desk.run("generate", name, options);
    REQUIRE_FALSE(outcome);
    CHECK_FALSE(outcome.error().hint.empty());
    return outcome.error().kind;
  };
  CHECK(refused("local") == ErrorKind::usage);
  CHECK(refused("a b") == ErrorKind::usage);
  for (const char* const when : {"3", "0s", "-1d", "2001-01-01", "20000d", "soon"})
    CHECK(refused("laptop", {{"--expires", when}}) == ErrorKind::usage);
  desk.globals.dry_run = true;
  CHECK(refused("laptop") == ErrorKind::refused);
  CHECK_FALSE(std::filesystem::exists(desk.file));
  desk.globals.dry_run = false;
  REQUIRE(desk.run("generate", "laptop"));
  CHECK(refused("laptop") == ErrorKind::refused);
  const auto lock = io::LockFile::acquire(desk.file.string() + ".lock");
  REQUIRE(lock);
  CHECK(refused("other") == ErrorKind::refused);
  CHECK(desk.keys().size() == 1);
}

TEST_CASE("a key is retired with consent, the last one by its name", "[commands][key]") {
  KeyDesk desk;
  REQUIRE(desk.run("generate", "one"));
  REQUIRE(desk.run("generate", "two"));
  const auto kind = [&](const std::string& name, const std::map<std::string, std::string>& options = {}) {
    const auto outcome = desk.run("retire", name, options);
    return outcome ? std::nullopt : std::optional(outcome.error().kind);
  };
  CHECK(kind("three") == ErrorKind::usage);
  CHECK(kind("one") == ErrorKind::refused);
  desk.globals.dry_run = true;
  CHECK(kind("one") == std::nullopt);
  desk.globals.dry_run = false;
  CHECK(desk.keys().size() == 2);
  desk.globals.yes = true;
  CHECK(kind("one") == std::nullopt);
  CHECK(desk.keys().size() == 1);
  CHECK(kind("two") == ErrorKind::refused);
  CHECK(kind("two", {{"--confirm", "one"}}) == ErrorKind::refused);
  CHECK(kind("two", {{"--confirm", "two"}}) == std::nullopt);
  CHECK(desk.keys().empty());
}
