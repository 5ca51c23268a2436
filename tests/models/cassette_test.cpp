#include "io/files.hpp"
#include "models/cassette/player.hpp"
#include "models/cassette/recorder.hpp"
#include "tests/scratch.hpp"
#include "tests/tools/structured.hpp"
#include "tests/tools/tool_fixture.hpp"

#include <nlohmann/json.hpp>

using namespace exai;
using simulator::Simulator;

namespace {

/// A fixed series of tool calls: with a continuation, streamed, cut, failing. Everything that came of it.
std::string series(test::ToolCall& call) {
  std::string all;
  const auto say = [&](Json arguments) {
    const auto output = call.run("chat", std::move(arguments));
    all += output ? dump_json(test::structured(*output))
                  : "error: " + output.error().message + " " + output.error().hint;
    all += "\nstreamed: " + std::exchange(call.streamed, {}) + "\n";
    return output ? test::structured(*output) : Json();
  };
  const Json first = say({{"prompt", "hello"}, {"model", "glm-4.6"}});
  Json next{{"prompt", "and now?"}, {"model", "glm-4.6"}, {"stream", true}};
  if (first.contains("continuation_offer"))
    next["continuation_id"] = first["continuation_offer"]["continuation_id"];
  say(next);
  say({{"prompt", "be long"}, {"model", "glm-4.6"}});
  say({{"prompt", "fail"}, {"model", "glm-4.6"}});
  say({{"prompt", "once more, then well"}, {"model", "glm-4.6"}});
  say({{"prompt", "repeat my secret"}, {"model", "glm-4.6"}});
  return all;
}

const std::string k_script = std::string(R"({rules: [
  {match: {contains: be long, nth: 1}, reply: {text: the first half of it, finish_reason: length}},
  {match: {contains: Your answer was cut}, reply: {text: " and the second"}},
  {match: {contains: fail}, reply: {status: 400, message: not today}},
  {match: {contains: once more, nth: 1}, reply: {status: 503}},
  {match: {contains: repeat my secret}, reply: {chunks: ["it is sk-simul", "ated-key-0123456789", " indeed"]}}]})");

Redactor secrets(const Config& config) {
  return Redactor(config.secrets());
}

struct Recording {
  tests::Scratch folder;
  std::unique_ptr<Simulator> server = Simulator::with(k_script);
  Config config = test::glm_at(*server);
  test::HurriedClock clock;
  std::filesystem::path file = folder / "calls.yaml";
  std::string result;

  Recording() {
    auto recorder = models::Recorder::open(file, models::network(), clock, secrets(config));
    REQUIRE(recorder);
    test::ToolCall call(config);
    call.use(clock, **recorder);
    result = series(call);
  }
};

std::string replayed(const std::filesystem::path& file, const Config& config) {
  auto cassette = models::load_cassette(file);
  if (!cassette) FAIL(cassette.error().message);
  const models::VirtualClock clock(cassette->began);
  models::Player player(std::move(*cassette), file.filename().string(), clock, secrets(config));
  test::ToolCall call(config);
  call.use(clock, player, [&player] { return player.new_id(); });
  const std::string all = series(call);
  CHECK(player.left() == 0);
  return all;
}

}  // namespace

TEST_CASE("a hundred replays of one cassette are the same to the last byte", "[cassette]") {
  Recording recording;
  // The provider is gone, and another key is set: neither matters.
  recording.server.reset();
  const Config other =
      test::config_of({{"GLM_API_KEY", "another-key-0123456789"}, {"GLM_API_URL", "http://127.0.0.1:1/v1"}});
  const std::string first = replayed(recording.file, other);
  CAPTURE(first);
  CHECK(first.find("the first half of it and the second") != std::string::npos);
  CHECK(first.find("not today") != std::string::npos);
  CHECK(first.find("simulated answer to: once more") != std::string::npos);
  for (int i = 1; i < 100; ++i) REQUIRE(replayed(recording.file, other) == first);
}

TEST_CASE("no secret is in a cassette, not even one that a provider repeats in pieces", "[cassette]") {
  Recording recording;
  const auto text = io::read_file(recording.file);
  REQUIRE(text);
  CHECK(text->find(test::k_key) == std::string::npos);
  CHECK(text->find("ated-key") == std::string::npos);
  CHECK(text->find("uthorization") == std::string::npos);
  CHECK(text->find("[secret sha256:") != std::string::npos);
  CHECK((std::filesystem::status(recording.file).permissions() & std::filesystem::perms(077)) ==
        std::filesystem::perms::none);
  const auto again = models::Recorder::open(recording.file, models::network(), system_clock(), Redactor());
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::refused);
}

TEST_CASE("a request that was never recorded names itself and the cassette", "[cassette]") {
  models::Cassette empty;
  const models::VirtualClock clock(Wall{});
  models::Player player(empty, "my.yaml", clock, Redactor());
  io::HttpRequest request;
  request.method = "POST";
  request.url = "https://api.example/v1/chat/completions";
  request.body = "{\"model\":\"glm-4.6\"}";
  const auto answer = player.exchange(request);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ErrorKind::unreachable);
  for (const char* part : {"my.yaml", "POST /v1/chat/completions", "glm-4.6"})
    CHECK(answer.error().message.find(part) != std::string::npos);
}

TEST_CASE("equal requests are answered in their order, in recorded time, with the recorded pieces",
          "[cassette]") {
  const std::string text =
      models::cassette_head(Wall{}) +
      models::cassette_item({Millis{0},
                             "POST",
                             "/a",
                             std::string("\xff\0", 2),
                             200,
                             {{"content-type", "text/plain"}},
                             {{Millis{200}, "one"}, {Millis{300}, std::string("\xfe", 1)}},
                             Millis{5},
                             std::nullopt}) +
      models::cassette_item({Millis{9},
                             "POST",
                             "/a",
                             std::string("\xff\0", 2),
                             0,
                             {},
                             {},
                             Millis{7},
                             make_error(ErrorKind::unreachable, "gone \"x\"")});
  // What a crash cut off is left out.
  auto cassette = models::read_cassette(text + "  - at: 99\n    reque", "c.yaml");
  if (!cassette) FAIL(cassette.error().message);
  REQUIRE(cassette->exchanges.size() == 2);
  const models::VirtualClock clock(cassette->began);
  const Steady start = clock.steady();
  models::Player player(std::move(*cassette), "c.yaml", clock, Redactor());
  io::HttpRequest request;
  request.method = "POST";
  request.url = "http://h/a";
  request.body = std::string("\xff\0", 2);
  std::vector<std::string> pieces;
  request.on_data = [&](std::string_view bytes) {
    pieces.emplace_back(bytes);
    return true;
  };
  const auto first = player.exchange(request);
  REQUIRE(first);
  CHECK(first->status == 200);
  CHECK(pieces == std::vector<std::string>{"one", "\xfe"});
  CHECK(clock.steady() - start == Millis{505});
  const auto second = player.exchange(request);
  REQUIRE_FALSE(second);
  CHECK(second.error().message == "gone \"x\"");
  CHECK(clock.steady() - start == Millis{512});
  CHECK(player.exchange(request).error().message.find("no further answer") != std::string::npos);
}

TEST_CASE("a broken cassette is reported with file and line", "[cassette]") {
  const std::string head = "version: 1\nbegan: 2026-11-21T14:03:07.250Z\nexchanges:\n";
  const auto problem = [](const std::string& text) {
    const auto read = models::read_cassette(text, "c.yaml");
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::config);
    REQUIRE(read.error().where);
    return std::to_string(read.error().where->line) + " " + read.error().message;
  };
  CHECK(problem("version: 2\n").find("must be 1") != std::string::npos);
  CHECK(problem("version: 1\nbegan: now\nexchanges:\n").find("'began'") != std::string::npos);
  CHECK(problem(head + "  - at: x\n").starts_with("4 'at'"));
  CHECK(problem(head + "  - at: 1\n    colour: red\n").starts_with("5 unknown key 'colour'"));
  CHECK(problem(head + "  - request: {method: GET, path: /}\n    status: 7\n").find("'status'") !=
        std::string::npos);
  CHECK(problem(head + "  - request: {method: GET, path: /}\n    error: {kind: odd}\n").find("'odd'") !=
        std::string::npos);
  CHECK(problem(head + "  - request: {method: GET, path: /, body: [base64, '!']}\n    status: 200\n")
            .find("base64") != std::string::npos);
}
