#include "cli/complete.hpp"

#include "tests/catch.hpp"

using namespace exai::cli;

namespace {

bool offers(const std::string& answer, const std::string& value) {
  return answer.find("\n" + value + "\t") != std::string::npos ||
         answer.find("\n" + value + "\n") != std::string::npos;
}

std::string at_end(const std::vector<std::string>& words) {
  return complete(words, words.size() - 1);
}

}  // namespace

TEST_CASE("completion offers nouns, then verbs", "[cli][complete]") {
  CHECK(offers(at_end({"exai", ""}), "check"));
  CHECK_FALSE(offers(at_end({"exai", ""}), "__complete"));
  const std::string narrowed = at_end({"exai", "ch"});
  CHECK(offers(narrowed, "check"));
  CHECK_FALSE(offers(narrowed, "serve"));
  CHECK(offers(at_end({"exai", "check", ""}), "run"));
  CHECK(offers(at_end({"exai", "-o", "json", "check", "r"}), "run"));
}

TEST_CASE("completion offers flags and the words they take", "[cli][complete]") {
  CHECK(offers(at_end({"exai", "check", "run", "--"}), "--fail-fast"));
  CHECK(offers(at_end({"exai", "check", "run", "--"}), "--json"));
  CHECK(offers(at_end({"exai", "log", "tail", "--source", ""}), "activity"));
  CHECK(offers(at_end({"exai", "log", "tail", "--source=a"}), "--source=activity"));
  CHECK(offers(at_end({"exai", "-o", "j"}), "junit"));
}

TEST_CASE("completion offers live names", "[cli][complete]") {
  CHECK(offers(at_end({"exai", "check", "run", "timeouts"}), "timeouts.hierarchy"));
  CHECK(offers(at_end({"exai", "check", "run", "@d"}), "@daily"));
  CHECK(offers(at_end({"exai", "check", "run", "timeouts.hierarchy", "@c"}), "@ci"));
  CHECK(offers(at_end({"exai", "config", "get", "ws."}), "ws.port"));
  CHECK(offers(at_end({"exai", "model", "show", "glm-4.5-f"}), "glm-4.5-flash"));
  CHECK(offers(at_end({"exai", "runbook", "run", ""}), "daily"));
  CHECK(offers(at_end({"exai", "help", "exit"}), "exit-codes"));
}

TEST_CASE("completion says where files belong", "[cli][complete]") {
  CHECK(at_end({"exai", "validate", "env", ""}).rfind(":files\n", 0) == 0);
  CHECK(at_end({"exai", "check", "list", "--config", ""}).rfind(":files\n", 0) == 0);
  CHECK(at_end({"exai", "check", ""}).rfind(":words\n", 0) == 0);
  CHECK(at_end({"exai", "tool", "list", "--stdio", "--", ""}).rfind(":files\n", 0) == 0);
}

TEST_CASE("after -- words are operands and complete as such", "[cli][complete]") {
  CHECK(offers(at_end({"exai", "check", "run", "--", "timeouts"}), "timeouts.hierarchy"));
  CHECK_FALSE(offers(at_end({"exai", "check", "run", "--", "--"}), "--fail-fast"));
  CHECK(offers(at_end({"exai", "check", "run", "--tag=daily", "timeouts"}), "timeouts.hierarchy"));
}

TEST_CASE("completion survives nonsense", "[cli][complete]") {
  CHECK(complete({}, 0) != "");
  CHECK(complete({"exai"}, 7) != "");
  CHECK(at_end({"exai", "nonsense", "words", ""}) == ":words\n");
}

TEST_CASE("the scripts are short and ask the binary", "[cli][complete]") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string_view text = completion_script(shell);
    CHECK(text.find("exai __complete") != std::string_view::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') < 40);
  }
  CHECK(completion_script("tcsh").empty());
}
