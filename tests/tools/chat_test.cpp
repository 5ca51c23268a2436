#include "core/base64.hpp"
#include "core/text.hpp"
#include "engine/workspace/workspace.hpp"
#include "io/files.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/tools/structured.hpp"
#include "tests/tools/tool_fixture.hpp"
#include "tools/history.hpp"

#include <fmt/core.h>

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

TEST_CASE("chat answers with the envelope and offers to continue", "[tools]") {
  const auto server = Simulator::with("rules: [{reply: {text: fine}}]");
  test::ToolCall call(test::glm_at(*server));
  const auto output = call.run("chat", {{"prompt", "how is it?"}});
  REQUIRE(output);
  CHECK(output->provider == "glm");
  CHECK(output->model == "glm-4.5-flash");
  CHECK(output->usage.completion > 0);
  CHECK_FALSE(output->is_error);
  const Json& answer = test::structured(*output);
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

TEST_CASE("another model may continue a conversation", "[tools]") {
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

TEST_CASE("a conversation ends at its message limit, before the model is asked", "[tools]") {
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

TEST_CASE("a streamed answer is passed on in deltas", "[tools]") {
  const auto server = Simulator::with("rules: [{reply: {chunks: [one, ' two']}}]");
  test::ToolCall call(test::glm_at(*server));
  const Json answer = call.ask("chat", {{"prompt", "count"}, {"stream", true}});
  CHECK(call.streamed == "one two");
  CHECK(answer["content"] == "one two");
}

TEST_CASE("without a key the variable to set is named and no answer is invented", "[tools]") {
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
  CHECK(call.memory().load(id, "test", {})->messages.size() == 2);
}

TEST_CASE("files go with the prompt once and stay known in the conversation", "[tools]") {
  const auto server = Simulator::with(k_echo);
  const test::TempFolder folder;
  const std::string path = (folder / "notes.txt").string();
  REQUIRE(io::write_atomic(path, "the secret of soup is salt"));
  test::ToolCall call(test::glm_at(*server), folder.path());
  Json question{{"prompt", "read this"}, {"files", Json::array({path})}};
  const auto ask = [&](std::string_view prompt) {
    question["prompt"] = prompt;
    Json answer = call.ask("chat", question);
    return std::pair(std::move(answer), last_body(*server)["messages"]);
  };
  const auto content = [](const Json& message) { return message["content"].get<std::string>(); };
  const std::string shown =
      fmt::format("--- file {} (26 bytes) ---\nthe secret of soup is salt\n--- end of {} ---", path, path);

  const auto [first, sent] = ask("read this");
  CHECK(content(sent.back()) == "read this\n\n" + shown);
  question["continuation_id"] = first["continuation_offer"]["continuation_id"];
  SECTION("named again, it is named only") {
    for (const char* prompt : {"once more", "and again"}) {
      const auto [answer, messages] = ask(prompt);
      CHECK(answer["metadata"]["files"][0]["embedded"] == false);
      CHECK(content(messages.back()) == fmt::format("{}\n\n--- file {}: inlined earlier ---", prompt, path));
      CHECK(content(messages[1]) == content(sent.back()));
    }
  }
  SECTION("changed, it is sent again") {
    REQUIRE(io::write_atomic(path, "the secret of soup is time"));
    const auto [answer, messages] = ask("what now?");
    CHECK(answer["metadata"]["files"][0]["embedded"] == true);
    CHECK(content(messages.back()).find("soup is time") != std::string::npos);
  }
  SECTION("not named, it is there all the same") {
    question.erase("files");
    CHECK(content(ask("and?").second[1]) == content(sent.back()));
  }
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

TEST_CASE("a prompt that is too long is requested as a file, and no model is asked", "[tools]") {
  const auto server = Simulator::with(k_echo);
  test::ToolCall call(test::glm_at(*server, {{"MCP_PROMPT_SIZE_LIMIT", "2000"}}));
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "\u00e4";  // two bytes each
  CHECK(call.ask("chat", {{"prompt", text}})["status"] == "continuation_available");
  const std::size_t before = server->seen().size();
  const Json back = call.ask("chat", {{"prompt", text + "x"}});
  CHECK(back["status"] == "resend_prompt");
  CHECK(back["metadata"] == Json{{"tool_name", "chat"}, {"prompt_size", 2001}, {"limit", 2000}});
  CHECK(back["content"].get<std::string>().find("'files'") != std::string::npos);
  CHECK(server->seen().size() == before);
}

TEST_CASE("files that do not fit the model are refused, or only named if the settings say so", "[tools]") {
  const auto server = Simulator::with(k_echo);
  const test::TempFolder folder;
  Json files = Json::array();
  for (const char* name : {"a.txt", "b.txt"}) {
    REQUIRE(io::write_atomic(folder / name, std::string(15'000, *name)));
    files.push_back((folder / name).string());
  }
  const Json question{{"prompt", "read these"}, {"model", "moonshot-v1-8k"}, {"files", files}};
  const auto at = [&](const char* strict) {
    return test::config_of({{"KIMI_API_URL", server->url()},
                            {"KIMI_API_KEY", test::k_key},
                            {"STRICT_FILE_SIZE_REJECTION", strict}});
  };
  test::ToolCall strict(at("true"), folder.path());
  const Json refused = strict.ask("chat", question);
  CHECK(refused["status"] == "code_too_large");
  CHECK(refused["content"].get<std::string>().find("moonshot-v1-8k") != std::string::npos);
  CHECK(refused["metadata"]["tokens"] > refused["metadata"]["limit"]);
  CHECK(refused["metadata"]["files"][1]["note"] == "no room left");
  CHECK(server->seen().empty());
  test::ToolCall lenient(at("false"), folder.path());
  const Json answered = lenient.ask("chat", question);
  CHECK(answered["status"] == "continuation_available");
  CHECK(answered["metadata"]["files"][0]["embedded"] == true);
  CHECK(answered["metadata"]["files"][1]["embedded"] == false);
}

TEST_CASE("an image file becomes a data URL", "[tools]") {
  const test::TempFolder folder;
  const auto path = (folder / "a.png").string();
  REQUIRE(io::write_atomic(path, std::string_view("\x89PNG\r\n\x1a\n\0\1", 10)));
  const auto workspace = engine::Workspace::from(Config::defaults(), folder.path());
  REQUIRE(workspace);
  const auto urls = engine::image_urls(*workspace, {path, "https://example.org/b.png"});
  REQUIRE(urls);
  CHECK((*urls)[0] == "data:image/png;base64,iVBORw0KGgoAAQ==");
  CHECK((*urls)[1] == "https://example.org/b.png");
  REQUIRE(io::write_atomic(path, "no image"));
  CHECK(engine::image_urls(*workspace, {path}).error().kind == ErrorKind::invalid);
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
}

TEST_CASE("the newest messages are kept when not all fit", "[tools]") {
  std::vector<store::Message> turns;
  for (int i = 0; i < 6; ++i) {
    store::Message turn;
    turn.role = i % 2 == 0 ? "user" : "assistant";
    turn.content = std::string(400, 'x') + std::to_string(i);  // about 100 tokens
    turns.push_back(turn);
  }
  const tools::History all = tools::history_within(turns, 10'000);
  CHECK(all.messages.size() == 6);
  CHECK(all.kept == 6);
  CHECK(all.condensed + all.dropped == 0);
  CHECK(tools::history_within({}, 50).messages.empty());
}

TEST_CASE("messages that do not fit are shortened, the oldest to a count", "[tools][history]") {
  std::vector<store::Message> turns;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    turns.push_back({"user", "question " + number + std::string(400, 'q'), "chat", "", "", {}});
    turns.push_back({"assistant", "answer " + number + std::string(400, 'a'), "chat", "", "", {}});
  }
  const tools::History history = tools::history_within(turns, 2000);
  REQUIRE(history.messages.size() == history.kept + 1);
  CHECK(history.kept + history.condensed + history.dropped == turns.size());
  CHECK(history.kept > 0);
  CHECK(history.condensed > 0);
  CHECK(history.dropped > 0);
  CHECK(history.messages[0].role == "system");
  const std::size_t left_out = turns.size() - history.kept;
  CHECK(history.messages[0].content.find(std::to_string(left_out) + " earlier messages") !=
        std::string::npos);
  CHECK(history.messages[1].role == "user");
  CHECK(history.messages.back().content == turns.back().content);
  // The last of those left out are the ones that the note mentions.
  CHECK(history.messages[0].content.find("user: question " + std::to_string(left_out / 2 - 1)) !=
        std::string::npos);
  long long tokens = 0;
  for (const models::ChatMessage& message : history.messages)
    tokens += static_cast<long long>(estimate_tokens(message.content)) + 4;
  CHECK(tokens <= 2000);
}

TEST_CASE("a last exchange that is too large keeps its edges, whole characters only", "[tools][history]") {
  std::string large = "begins here ";
  for (int i = 0; i < 20'000; ++i) large += "ü";
  large += " ends here";
  const tools::History history = tools::history_within(
      {{"user", large, "chat", "", "", {}}, {"assistant", "short", "chat", "", "", {}}}, 1000);
  REQUIRE(history.messages.size() == 2);
  CHECK(history.messages[0].content.starts_with("begins here"));
  CHECK(history.messages[0].content.ends_with("ends here"));
  CHECK(is_utf8(history.messages[0].content));
  CHECK(estimate_tokens(history.messages[0].content) < 500);
}

TEST_CASE("the same question is answered from the cache, another is not", "[tools][cache]") {
  const auto server = Simulator::with(k_echo);
  test::ToolCall call(test::glm_at(*server));
  const Json first = call.ask("chat", {{"prompt", "what is rust?"}});
  CHECK(first["metadata"]["cached"] == false);
  const Json again = call.ask("chat", {{"prompt", "what is rust?"}, {"stream", true}});
  CHECK(again["metadata"]["cached"] == true);
  CHECK(again["content"] == first["content"]);
  CHECK(call.streamed == first["content"].get<std::string>());
  CHECK(again["metadata"]["usage"]["prompt_tokens"] == 0);
  CHECK(again["continuation_offer"]["continuation_id"] != first["continuation_offer"]["continuation_id"]);
  CHECK(server->seen().size() == 1);
  // Everything that shapes the answer is part of the key: history, images, settings, who asks.
  const Json id = first["continuation_offer"]["continuation_id"];
  call.ask("chat", {{"prompt", "what is rust?"}, {"continuation_id", id}});
  call.ask("chat", {{"prompt", "what is rust?"},
                    {"model", "glm-4.6"},
                    {"images", Json::array({"https://example.org/a.png"})}});
  call.ask("chat", {{"prompt", "what is rust?"}, {"temperature", 0.1}});
  call.ask("chat", {{"prompt", "what is rust?"}, {"use_websearch", false}});
  call.become("bob");
  call.ask("chat", {{"prompt", "what is rust?"}});
  CHECK(server->seen().size() == 6);
}

TEST_CASE("a conversation is its owner's alone", "[tools][memory]") {
  const auto server = Simulator::with(k_echo);
  test::ToolCall call(test::glm_at(*server));
  const Json id = call.ask("chat", {{"prompt", "mine"}})["continuation_offer"]["continuation_id"];
  call.become("bob");
  CHECK(refused(call, {{"prompt", "yours?"}, {"continuation_id", id}}) == ErrorKind::not_found);
  call.become("test");
  CHECK(call.ask("chat", {{"prompt", "still mine"}, {"continuation_id", id}})["status"] ==
        "continuation_available");
}
