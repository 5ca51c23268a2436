#include "cli/command_line.hpp"

#include "cli/texts.hpp"
#include "core/text.hpp"
#include "tests/catch.hpp"

#include <set>

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& command_texts();
}  // namespace exai::embedded

using namespace exai;
using namespace exai::cli;

namespace {

const char* no_environment(const char*) {
  return nullptr;
}
const char* json_environment(const char* name) {
  return std::string_view(name) == "EXAI_OUTPUT" ? "json" : nullptr;
}

CommandLine good(const std::vector<std::string>& words) {
  auto line = read_command_line(words, no_environment);
  INFO((line ? std::string() : line.error().message));
  REQUIRE(line);
  return *line;
}

Error bad(const std::vector<std::string>& words) {
  const auto line = read_command_line(words, no_environment);
  REQUIRE_FALSE(line);
  CHECK(line.error().kind == ErrorKind::usage);
  return line.error();
}

}  // namespace

TEST_CASE("global flags stand before, between and after the words of a command", "[cli]") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"-o", "json", "check", "list"},
                                                {"check", "-o", "json", "list"},
                                                {"check", "list", "--output=json"},
                                                {"check", "list", "-ojson"}}) {
    const CommandLine line = good(words);
    CHECK(line.command->path == "check list");
    CHECK(line.globals.outputs == std::vector<std::string>{"json"});
  }
}

TEST_CASE("repeated flags add up and the last value counts", "[cli]") {
  const CommandLine line =
      good({"check", "run", "-vv", "--tag", "daily", "--tag", "ci", "a.b", "--jobs", "2", "--jobs", "3"});
  CHECK(line.globals.verbose == 2);
  CHECK(line.args.all("--tag") == std::vector<std::string>{"daily", "ci"});
  CHECK(line.args.positional_all("ID") == std::vector<std::string>{"a.b"});
  CHECK(line.globals.jobs == 3);
}

TEST_CASE("what stands after -- is not touched", "[cli]") {
  const CommandLine line = good({"tool", "list", "--stdio", "--", "exai", "serve", "--stdio", "--", "-x"});
  CHECK(line.args.has("--stdio"));
  CHECK(line.args.rest == std::vector<std::string>{"exai", "serve", "--stdio", "--", "-x"});
}

TEST_CASE("operands after -- count, whatever they look like", "[cli]") {
  const CommandLine line = good({"validate", "env", "a.env", "--", "-b.env", "--strict", "--"});
  CHECK(line.args.positional_all("FILE") == std::vector<std::string>{"a.env", "-b.env", "--strict", "--"});
  CHECK_FALSE(line.globals.strict);
  CHECK(line.args.rest.empty());
  CHECK(good({"check", "run", "--", "a.b"}).args.positional_all("ID") == std::vector<std::string>{"a.b"});
  CHECK(good({"--", "check", "run", "a.b"}).args.positional_all("ID") == std::vector<std::string>{"a.b"});
  CHECK(good({"check", "--json", "--", "run"}).command->path == "check run");
  CHECK(good({"tool", "call", "--", "version"}).args.positional("NAME") == "version");
  CHECK(good({"doctor", "--"}).args.positional_all("ID").empty());
  CHECK(bad({"version", "--", "x"}).message.find("does not take \"x\"") != std::string::npos);
  CHECK(bad({"serve", "--stdio", "--", "x"}).message.find("does not take \"x\"") != std::string::npos);
  CHECK(bad({"check", "show", "--"}).message.find("needs ID") != std::string::npos);
  CHECK(bad({"--", "--help"}).message.find("no command \"--help\"") != std::string::npos);
}

TEST_CASE("--record and --no-record exclude each other, and serve --record is something else", "[cli]") {
  CHECK(bad({"doctor", "--record", "--no-record"}).message.find("exclude") != std::string::npos);
  CHECK(good({"doctor", "--record"}).globals.record == true);
  CHECK(good({"doctor", "--no-record"}).globals.record == false);
  CHECK_FALSE(good({"serve", "--record", "tape.yaml"}).globals.record);
}

TEST_CASE("an optional value is the next word, unless a required one would be missing", "[cli]") {
  const auto stdio = [](const std::vector<std::string>& words) {
    return good(words).args.option("--stdio").value_or("(none)");
  };
  CHECK(stdio({"tool", "list", "--stdio", "exai serve"}) == "exai serve");
  CHECK(stdio({"tool", "list", "--stdio=exai serve", "--", "--stdio"}) == "exai serve");
  CHECK(stdio({"tool", "list", "--stdio", "--trace", "--", "exai"}).empty());
  const CommandLine behind = good({"tool", "call", "--stdio", "version", "--", "exai", "serve"});
  CHECK(behind.args.positional("NAME") == "version");
  CHECK(behind.args.option("--stdio") == "");
  const CommandLine both = good({"tool", "call", "version", "--stdio", "exai", "--", "serve"});
  CHECK(both.args.positional("NAME") == "version");
  CHECK(both.args.option("--stdio") == "exai");
  CHECK(both.args.rest == std::vector<std::string>{"serve"});
}

TEST_CASE("a command's own flag hides the global one of that name", "[cli]") {
  const CommandLine own = good({"validate", "timeouts", "--profile", "minimum"});
  CHECK(own.args.option("--profile") == "minimum");
  CHECK_FALSE(own.globals.profile);
  CHECK(good({"validate", "config", "--profile", "test"}).globals.profile == "test");
}

TEST_CASE("one word or two make a command, and nothing is guessed", "[cli]") {
  CHECK(good({"version"}).command->path == "version");
  CHECK(good({}).help);
  CHECK(good({"check", "--help"}).help);
  CHECK(bad({"check"}).message == "exai check needs a verb: list, run, show");
  CHECK(bad({"chek", "list"}).hint == "did you mean check?");
  CHECK(bad({"check", "lsit"}).hint == "did you mean list?");
}

TEST_CASE("unknown flags and values name the nearest known one", "[cli]") {
  CHECK(bad({"check", "run", "--fail-fats"}).hint == "did you mean --fail-fast?");
  CHECK(bad({"log", "tail", "--source", "activty"}).hint == "did you mean activity?");
  CHECK(bad({"check", "list", "--color", "sometimes"}).message ==
        "--color cannot be \"sometimes\", it is one of auto, always, never");
}

TEST_CASE("missing and surplus words are usage errors", "[cli]") {
  CHECK(bad({"check", "show"}).message == "exai check show needs ID: a check");
  CHECK(bad({"version", "now"}).message == "exai version does not take \"now\"");
  CHECK(bad({"log", "errors", "--since"}).message == "--since needs a value");
  CHECK(bad({"check", "list", "--timeout"}).message == "--timeout needs a value");
}

TEST_CASE("a duration on the command line needs its unit", "[cli]") {
  CHECK(good({"check", "list", "--timeout", "1m30s"}).globals.timeout == Millis{90000});
  CHECK_FALSE(bad({"check", "list", "--timeout", "10"}).hint.empty());
  CHECK(bad({"check", "list", "--timeout", "0s"}).message == "--timeout must be longer than nothing");
}

TEST_CASE("JSON errors are requested with JSON", "[cli]") {
  CHECK(asks_for_json({"nonsense", "--json"}, no_environment));
  CHECK(asks_for_json({"nonsense", "-o", "json"}, no_environment));
  CHECK(asks_for_json({"nonsense"}, json_environment));
  CHECK_FALSE(asks_for_json({"nonsense", "-o", "json=file"}, no_environment));
  CHECK_FALSE(asks_for_json({"nonsense", "--", "--json"}, no_environment));
}

TEST_CASE("long help and examples stand in a section of the noun's document", "[cli]") {
  constexpr std::string_view k_document =
      "# exai disk\n\n## disk show\n\nFirst.\n\nSecond - `not one`.\n\n- `exai disk show > x`: writes: all\n"
      "- `exai disk`: both\n\n## disk\n\nAlone.\n\n## disk free\n\n- `exai disk free`: how much";
  const CommandText show = read_command_text(k_document, "disk show");
  CHECK(show.text == "First.\n\nSecond - `not one`.");
  REQUIRE(show.examples.size() == 2);
  CHECK(show.examples[0].line == "exai disk show > x");
  CHECK(show.examples[0].what == "writes: all");
  CHECK(show.examples[1].what == "both");
  CHECK(read_command_text(k_document, "disk").text == "Alone.");
  CHECK(read_command_text(k_document, "disk").examples.empty());
  const CommandText last = read_command_text(k_document, "disk free");
  CHECK(last.text.empty());
  REQUIRE(last.examples.size() == 1);
  CHECK(last.examples[0].what == "how much");
  CHECK(read_command_text(k_document, "disk fre").examples.empty());
}

TEST_CASE("topics and man pages have their prose", "[cli]") {
  for (const auto* const heading :
       {"help exit-codes", "help environment", "help formats", "help timeouts", "help secrets", "exai.1",
        "exai.yaml.5", "exai-runbook.5", "exai-exit-codes.7", "several outcomes"}) {
    INFO(heading);
    CHECK(manual_text(heading).size() > 40);
  }
  CHECK(manual_text("help nothing").empty());
}

TEST_CASE("every section about a command belongs to one", "[cli]") {
  std::set<std::string, std::less<>> paths;
  for (const Command* command : Registered<Command>::all()) paths.emplace(command->path);
  for (const auto& [name, document] : embedded::command_texts()) {
    INFO(name);
    for (const std::string& line : split(document, '\n'))
      if (line.starts_with("## ")) {
        INFO(line);
        CHECK(noun(line.substr(3)) == name);
        CHECK(paths.contains(line.substr(3)));
      }
  }
}

TEST_CASE("every command explains itself", "[cli]") {
  for (const Command* command : Registered<Command>::all()) {
    INFO(command->path);
    CHECK_FALSE(command->summary.empty());
    CHECK(command->run != nullptr);
    if (command->hidden) continue;
    CHECK(std::find(groups().begin(), groups().end(), command->group) != groups().end());
    const CommandText explained = command_text(command->path);
    CHECK((!explained.text.empty() || explained.examples.size() >= 2));
    for (const Example& example : explained.examples) {
      CHECK(example.line.find("exai ") != std::string_view::npos);
      CHECK_FALSE(example.what.empty());
    }
    for (const Option& option : command->options) {
      CHECK(option.name.substr(0, 2) == "--");
      CHECK_FALSE(option.help.empty());
    }
  }
}
