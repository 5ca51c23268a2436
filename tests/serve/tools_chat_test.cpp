#include "core/base64.hpp"
#include "io/files.hpp"
#include "serve/tools/history.hpp"
#include "serve/workspace/workspace.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/serve/tools_fixture.hpp"

using namespace exai;
using simulator::Simulator;

namespace {

constexpr const char* k_echo = "echo_history: true";

ErrorKind refused(test::ToolCall& call, const Json& arguments) {
  const auto output = call.run("chat", arguments);
  REQUIRE(!output);
  INFO(output.error().message);
  CHECK(!output.error().hint.empty());
  return output.error().kind;
}

Json last_body(const Simulator& server) {
  return Json::parse(server.seen().back().body);
}

}  // namespace

TEST_CASE("chat answers with the envelope and offers to go on", "[tools]") {
  const auto server = Simulator::with("rules: [{reply: {text: fine}}]");
  test::ToolCall call(test::glm_at(*server));
  const auto output = call.run("chat", {{"prompt", "how is it?"}});
  REQUIRE(output);
  CHECK(output->provider == "glm");
  CHECK(output->model == "glm-4.5-flash");
  CHECK(output->usage.completion > 0);
  CHECK_FALSE(output->is_error);
  const Json& answer = output->structured;
  CHECK(answer["status"] == "continuation_available");
  CHECK(answer["content"] == "fine");
  CHECK(answer["metadata"]["tool_name"] == "chat");
  CHECK(answer["metadata"]["model_used"] == "glm-4.5-flash");
  CHECK(answer["metadata"]["provider_used"] == "glm");
  CHECK(answer["metadata"]["usage"]["completion_tokens"] > 0);
  CHECK(answer["continuation_offer"]["remaining_turns"] == 19);
  const Json sent = last_body(*server);
  CHECK(sent["messages"][0]["role"] == "system");
  CHECK(sent["temperature"] == 0.5);
  CHECK(sent["tools"][0]["type"] == "web_search");
}

TEST_CASE("the earlier turns of a conversation really reach the model", "[tools]") {
  const auto server = Simulator::with(k_echo);
  test::ToolCall call(test::glm_at(*server));
  const Json first = call.ask("chat", {{"prompt", "my cat is called Moritz"}});
  const auto id = first["continuation_offer"]["continuation_id"].get<std::string>();
  const Json second = call.ask("chat", {{"prompt", "what is it called?"}, {"continuation_id", id}});
  const auto content = second["content"].get<std::string>();
  CHECK(content.find("I got 4 messages") != std::string::npos);
  CHECK(content.find("Your first was: my cat is called Moritz") != std::string::npos);
  CHECK(second["continuation_offer"]["continuation_id"] == id);
  CHECK(second["continuation_offer"]["remaining_turns"] == 18);
  CHECK(second["metadata"]["history_messages"] == 2);
}

TEST_CASE("another model may go on with a conversation", "[tools]") {
  const auto server = Simulator::with(k_echo);
  test::ToolCall call(
      test::glm_at(*server, {{"KIMI_API_KEY", test::k_key}, {"KIMI_API_URL", server->url()}}));
  const Json first = call.ask("chat", {{"prompt", "remember 42"}});
  const Json second = call.ask("chat", {{"prompt", "which?"},
                                        {"model", "kimi-k2"},
                                        {"continuation_id", first["continuation_offer"]["continuation_id"]}});
  CHECK(second["metadata"]["provider_used"] == "kimi");
  CHECK(second["content"].get<std::string>().find("remember 42") != std::string::npos);
}

TEST_CASE("a conversation ends at its turns, before the model is asked", "[tools]") {
  const auto server = Simulator::with(k_echo);
  test::ToolCall call(test::glm_at(*server, {{"MAX_CONVERSATION_TURNS", "2"}}));
  const Json first = call.ask("chat", {{"prompt", "one"}});
  CHECK(first["continuation_offer"]["remaining_turns"] == 1);
  const Json id = first["continuation_offer"]["continuation_id"];
  const Json second = call.ask("chat", {{"prompt", "two"}, {"continuation_id", id}});
  CHECK(second["status"] == "success");
  CHECK_FALSE(second.contains("continuation_offer"));
  CHECK(refused(call, {{"prompt", "three"}, {"continuation_id", id}}) == ErrorKind::budget);
  CHECK(server->seen().size() == 2);
}

TEST_CASE("an unknown or malformed conversation is refused with the way out", "[tools]") {
  const auto server = Simulator::with(k_echo);
  test::ToolCall call(test::glm_at(*server));
  CHECK(refused(call, {{"prompt", "x"}, {"continuation_id", "01234567-89ab-4def-8123-456789abcdef"}}) ==
        ErrorKind::not_found);
  CHECK(refused(call, {{"prompt", "x"}, {"continuation_id", "../../etc"}}) == ErrorKind::invalid);
  CHECK(server->seen().empty());
}

TEST_CASE("a streamed answer is passed on in parts", "[tools]") {
  const auto server = Simulator::with("rules: [{reply: {chunks: [one, ' two']}}]");
  test::ToolCall call(test::glm_at(*server));
  const Json answer = call.ask("chat", {{"prompt", "count"}, {"stream", true}});
  CHECK(call.streamed == "one two");
  CHECK(answer["content"] == "one two");
}

TEST_CASE("without a key the variable to set is named and nothing is made up", "[tools]") {
  test::ToolCall call(Config::defaults());
  const auto output = call.run("chat", {{"prompt", "x"}});
  REQUIRE(!output);
  CHECK(output.error().kind == ErrorKind::config);
  CHECK(output.error().message.find("GLM_API_KEY") != std::string::npos);
}

TEST_CASE("a failed question leaves no conversation behind", "[tools]") {
  const auto server = Simulator::with("rules: [{match: {nth: 2}, reply: {status: 400}}]");
  test::ToolCall call(test::glm_at(*server));
  const Json first = call.ask("chat", {{"prompt", "one"}});
  const auto id = first["continuation_offer"]["continuation_id"].get<std::string>();
  const auto failed = call.run("chat", {{"prompt", "two"}, {"continuation_id", id}});
  REQUIRE(!failed);
  CHECK(failed.error().kind == ErrorKind::provider);
  CHECK(call.memory().load(id, "test", {})->turns.size() == 2);
}

TEST_CASE("files go with the prompt, each below its path, and stay known in the conversation", "[tools]") {
  const auto server = Simulator::with(k_echo);
  const test::TempFolder folder;
  const std::string path = (folder / "notes.txt").string();
  REQUIRE(io::write_atomic(path, "the secret of soup is salt"));
  test::ToolCall call(test::glm_at(*server), folder.path());
  const Json first = call.ask("chat", {{"prompt", "read this"}, {"files", Json::array({path})}});
  const auto sent = last_body(*server)["messages"].back()["content"].get<std::string>();
  CHECK(sent.find("the secret of soup is salt") != std::string::npos);
  CHECK(sent.find("--- file " + path) != std::string::npos);
  call.ask("chat", {{"prompt", "and?"}, {"continuation_id", first["continuation_offer"]["continuation_id"]}});
  CHECK(last_body(*server).dump().find("soup is salt") != std::string::npos);
}

TEST_CASE("files that are not there, not text or not to be shared are refused", "[tools]") {
  const auto server = Simulator::with(k_echo);
  const test::TempFolder folder;
  const auto file = [&](const char* name, std::string_view text = "x") {
    const auto path = folder / name;
    REQUIRE(io::write_atomic(path, text));
    return path.string();
  };
  std::filesystem::create_symlink(file(".env", "GLM_API_KEY=1"), folder / "harmless.txt");
  std::filesystem::create_directories(folder / ".ssh");
  REQUIRE(io::write_atomic(folder / ".ssh" / "config", "x"));
  test::ToolCall call(test::glm_at(*server), folder.path());
  const auto kind = [&](const std::string& path) {
    return refused(call, {{"prompt", "x"}, {"files", Json::array({path})}});
  };
  CHECK(kind("relative.txt") == ErrorKind::invalid);
  CHECK(kind((folder / "none.txt").string()) == ErrorKind::missing_input);
  CHECK(kind(file("image.bin", "\xff\xfe")) == ErrorKind::invalid);
  CHECK(kind((folder / ".env").string()) == ErrorKind::refused);
  CHECK(kind(file(".env.production")) == ErrorKind::refused);
  CHECK(kind((folder / "harmless.txt").string()) == ErrorKind::refused);
  CHECK(kind(file("server.pem")) == ErrorKind::refused);
  CHECK(kind(file("id_ed25519")) == ErrorKind::refused);
  CHECK(kind((folder / ".ssh" / "config").string()) == ErrorKind::refused);
  CHECK(kind("/etc/hostname") == ErrorKind::refused);
  CHECK(kind("/proc/self/environ") == ErrorKind::refused);
  CHECK(server->seen().empty());
  CHECK(call.workspace().resolve(file(".env.example")));
}

TEST_CASE("what does not fit the model is refused with the way out", "[tools]") {
  const auto server = Simulator::with(k_echo);
  test::ToolCall call(test::config_of({{"KIMI_API_URL", server->url()}, {"KIMI_API_KEY", test::k_key}}));
  CHECK(refused(call, {{"prompt", std::string(30'000, 'x')}, {"model", "moonshot-v1-8k"}}) ==
        ErrorKind::invalid);
  CHECK(refused(call, {{"prompt", "x"},
                       {"model", "moonshot-v1-8k"},
                       {"images", Json::array({"https://example.org/a.png"})}}) == ErrorKind::invalid);
  CHECK(refused(call, {{"prompt", "x"}, {"model", "no-such-model"}}) == ErrorKind::not_found);
  CHECK(refused(call, {{"prompt", " \n "}}) == ErrorKind::invalid);
  CHECK(server->seen().empty());
}

TEST_CASE("an image file becomes a data URL", "[tools]") {
  const test::TempFolder folder;
  const auto path = (folder / "a.png").string();
  REQUIRE(io::write_atomic(path, std::string_view("\x89PNG\r\n\x1a\n\0\1", 10)));
  const auto workspace = serve::Workspace::from(Config::defaults(), folder.path());
  REQUIRE(workspace);
  const auto urls = serve::image_urls(*workspace, {path, "https://example.org/b.png"});
  REQUIRE(urls);
  CHECK((*urls)[0] == "data:image/png;base64,iVBORw0KGgoAAQ==");
  CHECK((*urls)[1] == "https://example.org/b.png");
  REQUIRE(io::write_atomic(path, "no image"));
  CHECK(serve::image_urls(*workspace, {path}).error().kind == ErrorKind::invalid);
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
}

TEST_CASE("the newest turns are kept when not all fit", "[tools]") {
  std::vector<store::Turn> turns;
  for (int i = 0; i < 6; ++i) {
    store::Turn turn;
    turn.role = i % 2 == 0 ? "user" : "assistant";
    turn.content = std::string(400, 'x') + std::to_string(i);  // about 100 tokens
    turns.push_back(turn);
  }
  CHECK(serve::recent_turns(turns, 10'000).size() == 6);
  const auto two = serve::recent_turns(turns, 330);  // three fit, but history begins with a question
  REQUIRE(two.size() == 2);
  CHECK(two[0].role == "user");
  CHECK(two[0].content.back() == '4');
  CHECK(serve::recent_turns(turns, 50).empty());
  CHECK(serve::recent_turns({}, 50).empty());
  Model model;
  model.context = 100'000;
  CHECK(serve::content_budget(model) == 60'000);
  CHECK(serve::history_budget(model, 0) == 30'000);
  CHECK(serve::history_budget(model, 50'000) == 10'000);
  CHECK(serve::history_budget(model, 70'000) == 0);
  model.context = 400'000;
  CHECK(serve::content_budget(model) == 320'000);
  CHECK(serve::history_budget(model, 0) == 128'000);
}
