// A cassette that repeats what was not recorded: what our clients of providers need of it.
#include "core/json.hpp"
#include "models/cassette/player.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

constexpr std::string_view k_tape =
    "version: 1\nbegan: 2026-01-01T00:00:00.000Z\notherwise: echo\nexchanges: []\n";

struct Tape {
  VirtualClock clock{Wall{}};
  Player player;
  explicit Tape(std::string_view text = k_tape)
      : player(read_cassette(text, "tape.yaml").value(), "tape.yaml", clock, Redactor()) {}

  io::HttpResponse ask(std::string method, const std::string& path, std::string body = {},
                       std::vector<io::FormPart> form = {}) {
    io::HttpRequest request;
    request.method = std::move(method);
    request.url = "https://provider.example/v1" + path;
    request.body = std::move(body);
    request.form = std::move(form);
    auto response = player.exchange(request);
    REQUIRE(response);
    return std::move(*response);
  }
  Json ask_json(std::string method, const std::string& path, std::string body = {}) {
    return parse_json(ask(std::move(method), path, std::move(body)).body).value();
  }
};

constexpr const char* k_talk =
    R"({"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"one"},{"role":"user","content":[{"type":"text","text":"two"}]}]})";

TEST_CASE("an echo says what it heard, whole and in pieces", "[models]") {
  Tape tape;
  const Json whole = tape.ask_json("POST", "/chat/completions", k_talk);
  const auto text = whole["choices"][0]["message"]["content"].get<std::string>();
  CHECK(text == "I got 3 messages. Your first was: one. Your last was: two.");
  CHECK(whole["model"] == "m");
  CHECK(whole["usage"]["completion_tokens"].get<int>() > 0);
  std::string streamed;
  io::HttpRequest request;
  request.method = "POST";
  request.url = "https://provider.example/v1/chat/completions";
  request.body = std::string(k_talk).insert(1, R"("stream":true,)");
  request.on_data = [&](std::string_view bytes) {
    streamed += bytes;
    return true;
  };
  REQUIRE(tape.player.exchange(request));
  CHECK(streamed.find("data: [DONE]") != std::string::npos);
  CHECK(streamed.find("\"finish_reason\":\"stop\"") != std::string::npos);
}

TEST_CASE("an echo gives JSON to whoever asks for it", "[models]") {
  Tape tape;
  const Json answer = tape.ask_json("POST", "/chat/completions",
                                    R"({"messages":[{"role":"user","content":"answer in JSON"}]})");
  const auto said = parse_json(answer["choices"][0]["message"]["content"].get<std::string>());
  REQUIRE(said);
  CHECK((*said)["confidence"] == "high");
}

TEST_CASE("an echo keeps files until they are deleted", "[models]") {
  const tests::Scratch scratch;
  const auto file = scratch.write("note.txt", "a note");
  Tape tape;
  const auto sent =
      tape.ask("POST", "/files", {}, {{"purpose", "file-extract", {}, {}, {}}, {"file", {}, file, {}, {}}});
  const std::string id = parse_json(sent.body).value()["id"].get<std::string>();
  CHECK(tape.ask_json("GET", "/files")["data"].size() == 1);
  CHECK(tape.ask("GET", "/files/" + id + "/content").body == "text of note.txt: a note");
  CHECK(tape.ask_json("DELETE", "/files/" + id)["deleted"] == true);
  CHECK(tape.ask("GET", "/files/" + id).status == 404);
  CHECK(tape.ask_json("GET", "/files")["data"].empty());
}

TEST_CASE("an echo finds a page and refuses what it does not know", "[models]") {
  Tape tape;
  const Json found = tape.ask_json("POST", "/web_search", R"({"search_query":"mcp"})");
  CHECK(found["search_result"][0]["title"] == "About mcp");
  CHECK(tape.ask("GET", "/nothing").status == 404);
}

TEST_CASE("only echo stands for what was not recorded", "[models]") {
  const auto other = read_cassette(
      "version: 1\nbegan: 2026-01-01T00:00:00.000Z\notherwise: guess\nexchanges: []\n", "tape.yaml");
  REQUIRE_FALSE(other);
  CHECK(other.error().where->line == 3);
  Tape silent("version: 1\nbegan: 2026-01-01T00:00:00.000Z\nexchanges: []\n");
  io::HttpRequest request;
  request.url = "https://provider.example/v1/models";
  CHECK(silent.player.exchange(request).error().kind == ErrorKind::unreachable);
}

}  // namespace
}  // namespace exai::models
