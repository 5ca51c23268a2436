#include "core/utc.hpp"
#include "tests/scratch.hpp"
#include "tests/tools/structured.hpp"
#include "tests/tools/tool_fixture.hpp"

using namespace exai;
using simulator::Simulator;

namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

/// Both providers at the simulator; files may be named below the folder.
Config both_at(const Simulator& server, const tests::Scratch& files, Values more = {}) {
  more.insert(more.end(), {{"GLM_API_URL", server.url()},
                           {"GLM_API_KEY", test::k_key},
                           {"KIMI_API_URL", server.url()},
                           {"KIMI_API_KEY", test::k_key},
                           {"EXAI_WORKSPACE_ROOTS", files.path().string()}});
  return test::config_of(more);
}

std::size_t uploads(const Simulator& server) {
  std::size_t count = 0;
  for (const auto& seen : server.seen())
    if (seen.method == "POST" && seen.path.ends_with("/files")) ++count;
  return count;
}

Json send(test::ToolCall& call, const std::vector<std::string>& files) {
  auto output = call.run("kimi_upload_files", {{"files", files}});
  if (!output) FAIL(output.error().message);
  CHECK(Json::parse(output->content[0]["text"].get<std::string>()) == test::structured(*output)["files"]);
  return test::structured(*output);
}

Error refusal(test::ToolCall& call, const char* tool, const Json& arguments) {
  const auto output = call.run(tool, arguments);
  REQUIRE_FALSE(output);
  return output.error();
}

/// A provider that answers the same to whatever it is asked.
class OneAnswer final : public models::ProviderTransport {
 public:
  explicit OneAnswer(std::string body) : body_(std::move(body)) {}
  Result<io::HttpResponse> exchange(const io::HttpRequest& request) override {
    if (request.on_data) request.on_data(body_);
    return io::HttpResponse{.status = 200, .headers = {{"content-type", "application/json"}}, .body = {}};
  }

 private:
  std::string body_;
};

}  // namespace

TEST_CASE("impossible sizes and times from a provider are rejected", "[tools][files]") {
  const auto number =
      GENERATE(as<std::string>(), "1e300", "-1e300", "18446744073709551615", "-5", "null", "\"x\"");
  INFO(number);
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  test::ToolCall call(both_at(*server, folder));
  const test::HurriedClock clock;
  OneAnswer transport(R"({"id":"f-1","filename":"a","bytes":)" + number + R"(,"created_at":)" + number + "}");
  call.use(clock, transport);
  const Json sent = send(call, {folder.write("a.txt", "four").string()})["files"][0];
  CHECK(sent["size_bytes"] == 4);
  CHECK(sent["upload_timestamp"].get<std::string>().substr(0, 4) == format_utc(clock.wall()).substr(0, 4));
}

TEST_CASE("files are sent to Kimi once, whatever they are called", "[tools][files]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  const std::string one = folder.write("one.txt", "first text").string();
  const std::string two = folder.write("two.txt", "second text").string();
  const std::string copy = folder.write("copy.txt", "first text").string();
  test::ToolCall call(both_at(*server, folder));
  const Json sent = send(call, {one, two, copy})["files"];
  REQUIRE(sent.size() == 3);
  CHECK(sent[0]["filename"] == "one.txt");
  CHECK(sent[0]["size_bytes"] == 10);
  CHECK(sent[0]["upload_timestamp"] == "2023-11-14T22:13:20.000Z");
  CHECK(sent[2]["file_id"] == sent[0]["file_id"]);
  CHECK(sent[1]["file_id"] != sent[0]["file_id"]);
  CHECK(uploads(*server) == 2);
  // Known from the record, but only after the provider says that it is still there.
  CHECK(send(call, {copy})["files"][0]["file_id"] == sent[0]["file_id"]);
  CHECK(uploads(*server) == 2);
  call.ask("kimi_manage_files", {{"operation", "delete"}, {"file_id", sent[0]["file_id"]}});
  CHECK(send(call, {copy})["files"][0]["file_id"] != sent[0]["file_id"]);
  CHECK(uploads(*server) == 3);
}

TEST_CASE("a file that vanished at the provider is sent again", "[tools][files]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  const std::string file = folder.write("a.txt", "text").string();
  test::ToolCall call(both_at(*server, folder));
  const std::string sha256 = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";  // of "text"
  const Wall now = system_clock().wall();
  REQUIRE(call.store().files().save({.provider = "kimi",
                                     .id = "file-gone",
                                     .sha256 = sha256,
                                     .purpose = "file-extract",
                                     .name = "a.txt",
                                     .owner = "test",
                                     .bytes = 4,
                                     .uploaded = now,
                                     .used = now}));
  CHECK(send(call, {file})["files"][0]["file_id"] == "file-1");
  CHECK(server->seen()[0].path == "/v1/files/file-gone");
  const auto records = call.store().files().load("kimi");
  REQUIRE(records);
  REQUIRE(records->size() == 1);
  CHECK((*records)[0].id == "file-1");
  CHECK((*records)[0].sha256 == sha256);
}

TEST_CASE("records expire", "[tools][files]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  const std::string file = folder.write("a.txt", "text").string();
  test::ToolCall call(both_at(*server, folder, {{"FILECACHE_TTL_SECS", "0"}}));
  send(call, {file});
  send(call, {file});
  CHECK(uploads(*server) == 2);
}

TEST_CASE("files that may not or cannot be sent to Kimi are reported", "[tools][files]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  const std::string small = folder.write("small.txt", "x").string();
  const std::string large = folder.write("large.txt", std::string((1U << 20U) + 1, 'x')).string();
  const std::string empty = folder.write("empty.txt", "").string();
  {
    test::ToolCall call(both_at(*server, folder, {{"KIMI_FILES_MAX_SIZE_MB", "1"}}));
    const Json sent = send(call, {large, small});
    CHECK(sent["files"].size() == 1);
    CHECK(sent["skipped"][0]["filename"] == large);
    CHECK(sent["skipped"][0]["reason"].get<std::string>().find("1048577 bytes") != std::string::npos);
    CHECK(refusal(call, "kimi_upload_files", {{"files", {folder.path().string()}}}).kind ==
          ErrorKind::invalid);
    CHECK(refusal(call, "kimi_upload_files", {{"files", {empty}}}).message.find("is empty") !=
          std::string::npos);
    CHECK(refusal(call, "kimi_upload_files", {{"files", {"/etc/passwd"}}}).kind == ErrorKind::refused);
  }
  test::ToolCall strict(both_at(*server, folder,
                                {{"KIMI_FILES_MAX_SIZE_MB", "1"},
                                 {"KIMI_FILES_BEHAVIOR_ON_OVERSIZE", "fail"},
                                 {"KIMI_FILES_MAX_COUNT", "1"}}));
  CHECK(refusal(strict, "kimi_upload_files", {{"files", {large}}}).hint.find("KIMI_FILES_MAX_SIZE_MB") !=
        std::string::npos);
  CHECK(refusal(strict, "kimi_upload_files", {{"files", {small, small}}}).hint.find("KIMI_FILES_MAX_COUNT") !=
        std::string::npos);
}

TEST_CASE("a provider that refuses a file is quoted", "[tools][files]") {
  const auto server =
      Simulator::with("{rules: [{match: {path: /files}, reply: {status: 500, message: the shelf is full}}]}");
  const tests::Scratch folder;
  const std::string file = folder.write("a.txt", "text").string();
  test::ToolCall call(both_at(*server, folder));
  const Error error = refusal(call, "kimi_upload_files", {{"files", {file}}});
  CHECK(error.kind == ErrorKind::provider);
  CHECK(error.message.find("the shelf is full") != std::string::npos);
  CHECK(refusal(call, "kimi_manage_files", {{"operation", "list"}}).kind == ErrorKind::provider);
}

TEST_CASE("files at Kimi are listed and removed", "[tools][files]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  test::ToolCall call(both_at(*server, folder));
  const std::string first = send(call, {folder.write("a.txt", "one").string(),
                                        folder.write("b.txt", "two").string()})["files"][0]["file_id"]
                                .get<std::string>();
  const Json listed = call.ask("kimi_manage_files", {{"operation", "list"}});
  CHECK(listed["count"] == 2);
  CHECK(listed["files"][0].size() == 5);
  CHECK(listed["files"][0]["purpose"] == "file-extract");
  CHECK(call.ask("kimi_manage_files", {{"operation", "list"}, {"limit", 1}})["count"] == 1);
  const Json dry =
      call.ask("kimi_manage_files", {{"operation", "delete"}, {"file_id", first}, {"dry_run", true}});
  CHECK(dry["deleted"] == false);
  CHECK(call.ask("kimi_manage_files", {{"operation", "delete"}, {"file_id", first}}) ==
        Json{{"operation", "delete"}, {"file_id", first}, {"deleted", true}});
  CHECK(refusal(call, "kimi_manage_files", {{"operation", "delete"}, {"file_id", first}}).kind ==
        ErrorKind::not_found);
  CHECK(refusal(call, "kimi_manage_files", {{"operation", "delete"}}).message.find("file_id") !=
        std::string::npos);
  CHECK(refusal(call, "kimi_manage_files", {{"operation", "delete"}, {"file_id", "../x"}}).kind ==
        ErrorKind::invalid);
  CHECK(refusal(call, "kimi_manage_files", {{"operation", "burn"}}).message.find("operation") !=
        std::string::npos);
}

TEST_CASE("cleanups remove what they say and nothing else", "[tools][files]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  test::ToolCall call(both_at(*server, folder));
  const Json sent = send(call, {folder.write("a.txt", "one").string(), folder.write("b.txt", "two").string(),
                                folder.write("c.txt", "three").string()})["files"];
  // b was not used for long, and nobody here knows c.
  auto records = call.store().files().load("kimi");
  REQUIRE(records);
  for (store::ProviderFile record : *records) {
    if (record.name == "b.txt") {
      record.used = system_clock().wall() - std::chrono::hours(31 * 24);
      REQUIRE(call.store().files().save(record));
    }
    if (record.name == "c.txt") REQUIRE(call.store().files().remove("kimi", record.id));
  }
  const auto ask = [&](const char* operation, bool dry) {
    return call.ask("kimi_manage_files", {{"operation", operation}, {"dry_run", dry}});
  };
  const Json dry = ask("cleanup_all", true);
  CHECK(dry["deleted_count"] == 0);
  CHECK(dry["would_delete"].size() == 3);
  const Json orphaned = ask("cleanup_orphaned", false);
  CHECK(orphaned == Json{{"operation", "cleanup_orphaned"},
                         {"dry_run", false},
                         {"deleted_count", 1},
                         {"failed", Json::array()},
                         {"orphaned_count", 1}});
  const Json expired = ask("cleanup_expired", false);
  CHECK(expired["expired_count"] == 1);
  CHECK(expired["deleted_count"] == 1);
  const Json left = call.ask("kimi_manage_files", {{"operation", "list"}});
  REQUIRE(left["count"] == 1);
  CHECK(left["files"][0]["id"] == sent[0]["file_id"]);
  CHECK(ask("cleanup_all", false)["deleted_count"] == 1);
  CHECK(call.ask("kimi_manage_files", {{"operation", "list"}})["count"] == 0);
  CHECK(call.store().files().load("kimi")->empty());
}

TEST_CASE("the tool that removes files is annotated as destructive", "[tools][files]") {
  const tools::Tool* tool = tools::find_tool("kimi_manage_files");
  REQUIRE(tool != nullptr);
  CHECK(tool->destructive);
  CHECK_FALSE(tool->read_only);
  CHECK_FALSE(tools::find_tool("kimi_upload_files")->read_only);
  CHECK_FALSE(tools::find_tool("kimi_upload_files")->destructive);
}

TEST_CASE("questions to Kimi about files include their text", "[tools][files]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  test::ToolCall call(both_at(*server, folder));
  const std::string id =
      send(call, {folder.write("a.txt", "forty-two").string()})["files"][0]["file_id"].get<std::string>();
  const Json answer =
      call.ask("kimi_chat_with_files", {{"prompt", "what is the number?"}, {"file_ids", {id}}});
  CHECK(answer ==
        Json{{"model", "kimi-k2-0905-preview"}, {"content", "simulated answer to: what is the number?"}});
  const Json body = Json::parse(server->seen().back().body);
  CHECK(body["temperature"] == 0.3);
  CHECK(body["messages"][0] == Json{{"role", "system"}, {"content", "text of a.txt: forty-two"}});
  CHECK(body["messages"][1]["role"] == "user");
  CHECK(refusal(call, "kimi_chat_with_files", {{"prompt", "x"}, {"file_ids", {"file-99"}}}).kind ==
        ErrorKind::not_found);
  CHECK(refusal(call, "kimi_chat_with_files", {{"prompt", " "}, {"file_ids", {id}}}).message.find("prompt") !=
        std::string::npos);
  CHECK(refusal(call, "kimi_chat_with_files", {{"prompt", "x"}, {"file_ids", {id}}, {"model", "glm-4.6"}})
            .message.find("model") != std::string::npos);
}

TEST_CASE("GLM accepts a file too", "[tools][files]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  const std::string file = folder.write("a.txt", "text").string();
  test::ToolCall call(both_at(*server, folder));
  CHECK(call.ask("glm_upload_file", {{"file", file}}) == Json{{"file_id", "file-1"}, {"filename", "a.txt"}});
  CHECK(call.ask("glm_upload_file", {{"file", file}})["file_id"] == "file-1");
  CHECK(uploads(*server) == 1);
  const std::string body = server->seen()[0].body;
  CHECK(body.find("name=\"purpose\"\r\n\r\nagent\r\n") != std::string::npos);
  test::ToolCall small(both_at(*server, folder, {{"GLM_FILES_MAX_SIZE_MB", "1"}}));
  const std::string large = folder.write("large.txt", std::string(2U << 20U, 'x')).string();
  CHECK(refusal(small, "glm_upload_file", {{"file", large}}).hint.find("GLM_FILES_MAX_SIZE_MB") !=
        std::string::npos);
}

TEST_CASE("files belong to who sent them", "[tools][files]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  const tests::Scratch folder;
  const std::string file = folder.write("a.txt", "alice's").string();
  test::ToolCall call(both_at(*server, folder));
  call.become("alice", Scope::operator_);
  const Json hers = send(call, {file})["files"][0]["file_id"];
  call.become("bob", Scope::operator_);
  CHECK(call.ask("kimi_manage_files", {{"operation", "list"}})["count"] == 0);
  CHECK(refusal(call, "kimi_manage_files", {{"operation", "delete"}, {"file_id", hers}}).kind ==
        ErrorKind::not_found);
  CHECK(refusal(call, "kimi_chat_with_files", {{"prompt", "x"}, {"file_ids", Json::array({hers})}}).kind ==
        ErrorKind::not_found);
  CHECK(refusal(call, "kimi_manage_files", {{"operation", "cleanup_all"}}).kind == ErrorKind::refused);
  CHECK(refusal(call, "kimi_manage_files", {{"operation", "cleanup_orphaned"}}).kind == ErrorKind::refused);
  CHECK(call.ask("kimi_manage_files", {{"operation", "cleanup_expired"}})["expired_count"] == 0);
  CHECK(send(call, {file})["files"][0]["file_id"] != hers);
  call.become("root", Scope::admin);
  CHECK(call.ask("kimi_manage_files", {{"operation", "list"}})["count"] == 2);
  CHECK(call.ask("kimi_manage_files", {{"operation", "delete"}, {"file_id", hers}})["deleted"] == true);
}
